import type { Peer } from '../../access/index.ts';
import { toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { OperationName } from '../operations.ts';
import { operationOf } from '../operations.ts';
import type { RegistryName } from '../registries/registry.ts';

/** Where answers to what we ask come back. */
export type CallbackName = 'on-search' | 'on-subscribe' | 'on-unsubscribe' | 'txn/on-status';

const callbacks: { readonly [name in OperationName]?: CallbackName } = {
  search: 'on-search',
  subscribe: 'on-subscribe',
  unsubscribe: 'on-unsubscribe',
  'txn/status': 'txn/on-status',
};

/**
 * The address for the later answer. It names the registry that was asked, so that notifications, which go to the same
 * address but for its last part, say by their path whose records they hold.
 */
export const callbackUrl = (publicUrl: string, registry: RegistryName, operation: OperationName): string =>
  `${publicUrl}/${registry}/registry/${callbacks[operation] ?? 'on-search'}`;

/** `https://host/base` → `https://host/base/registry/sync/search`. */
export const operationUrl = (base: string, operation: OperationName): string => {
  const trimmed = base.replace(/\/+$/, '');
  const root = trimmed.endsWith('/registry') ? trimmed : `${trimmed}/registry`;
  return `${root}/${operationOf(operation).path}`;
};

export interface RequestHead {
  readonly operation: OperationName;
  readonly from: string;
  readonly to: string;
  readonly senderUri: string;
  readonly total: number;
  readonly encrypted: boolean;
}

/**
 * The header of what we ask (dci.md §2.1). All ten members, whole seconds, nothing empty: one peer fills in what is
 * missing before it checks the signature, and then finds another text than was signed (§4.1).
 */
export const requestHeader = ({ operation, from, to, senderUri, total, encrypted }: RequestHead, now: number) => ({
  action: operationOf(operation).actions[0] as string,
  is_msg_encrypted: encrypted,
  message_id: newRandomId(),
  message_ts: toWholeSeconds(now),
  meta: {},
  receiver_id: to,
  sender_id: from,
  sender_uri: senderUri,
  total_count: total,
  version: '1.0.0',
});

/** The id that we present to a peer. */
export const ourIdFor = (peer: Peer, senderId: string): string => peer.ourId ?? senderId;
