import { Fault } from '../../core/fault.ts';
import type { Peer } from '../ports.ts';

const domains = ['social', 'crvs', 'dr', 'fr', 'ibr'];

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

/** Checks that a scope names an operation and, before a colon, a registry. */
export const checkPeerScope = (scope: string): string => {
  const [first = '', second] = scope.split(':');
  const [domain, operation] = second === undefined ? [undefined, first] : [first, second];
  if (domain !== undefined && !domains.includes(domain)) {
    throw new Fault('peer.invalid', `"${domain}" in scope "${scope}" is not a registry: one of ${domains.join(', ')}`);
  }
  if (!peerOperations.some((one) => one === operation)) {
    throw new Fault('peer.invalid', `"${operation}" is not an operation: one of ${peerOperations.join(', ')}`);
  }
  return scope;
};

/** Whether a peer may do an operation in a registry; a peer without scopes may do everything. */
export const hasScope = (peer: Pick<Peer, 'scopes'>, operation: PeerOperation, domain: string): boolean =>
  peer.scopes.length === 0 || peer.scopes.includes(operation) || peer.scopes.includes(`${domain}:${operation}`);
