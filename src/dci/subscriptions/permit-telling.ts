import { type Asker, type Permission, permit } from '../../access/index.ts';
import type { Subscription } from './subscription.ts';

/**
 * Whether a peer may be told what it subscribed to, and how much of a record it may see. Asked when it subscribes and
 * with each change: rights that were taken away since are gone. Throws `policy.refused`.
 */
export const permitTelling = (
  peer: Asker,
  { registry, query, item }: Pick<Subscription, 'registry' | 'query' | 'item'>,
): Permission =>
  permit(peer, { operation: 'registry.subscribe', registry, query, said: [item.subscribe_criteria, item] });
