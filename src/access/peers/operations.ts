/** The registries of the standard. */
export const domains = ['social', 'crvs', 'dr', 'fr', 'ibr'] as const;

/** The operations of dci.md §3; each may be narrowed to a registry: `social:registry.search`. */
export const peerOperations = [
  'registry.search',
  'registry.on-search',
  'registry.subscribe',
  'registry.on-subscribe',
  'registry.unsubscribe',
  'registry.on-unsubscribe',
  'registry.notify',
  'registry.txn.status',
  'registry.txn.on-status',
  'registry.receipt',
] as const;
export type PeerOperation = (typeof peerOperations)[number];
