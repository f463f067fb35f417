import * as validators from '#validators';
import type { PeerOperation } from '../access/index.ts';
import { isObject } from '../core/json.ts';
import type { RegistryName } from './registries/registry.ts';

/** How an operation answers: an envelope at once, or an Ack now and a callback later; or it is such a callback. */
export type OperationKind = 'sync' | 'async' | 'callback';

/** One row of the table of dci.md §1.2. */
export interface Operation {
  readonly kind: OperationKind;
  /** The path after the prefix. */
  readonly path: string;
  /** What `header.action` may say. */
  readonly actions: readonly string[];
  readonly scope: PeerOperation;
  readonly accepts: validators.Validator;
  /** Registries that have it; absent: all. */
  readonly registries?: readonly RegistryName[];
  /** Makes a message that is meant well fit its schema. */
  readonly repair?: (message: Readonly<Record<string, unknown>>) => unknown;
}

/** A single item where a list belongs, as some samples of the standard have it. */
const listed =
  (member: string) =>
  (message: Readonly<Record<string, unknown>>): unknown =>
    isObject(message[member]) ? { ...message, [member]: [message[member]] } : message;

const search = {
  actions: ['search'],
  scope: 'registry.search',
  accepts: validators.acceptSearch,
  repair: listed('search_request'),
} as const;
const txnStatus = {
  actions: ['txn-status', 'txn_status', 'txn/status'],
  scope: 'registry.txn.status',
  accepts: validators.acceptTxnStatus,
} as const;
const disabled = {
  kind: 'sync',
  actions: ['search'],
  scope: 'registry.search',
  accepts: validators.acceptDisabled,
  registries: ['dr'],
} as const;
const receipt = { actions: ['receipt'], scope: 'registry.receipt', accepts: validators.acceptReceipt } as const;

/** Every operation of the standard, and the receipts of §7.6. */
export const operations = {
  search: { ...search, kind: 'async', path: 'search' },
  'sync/search': { ...search, kind: 'sync', path: 'sync/search' },
  'on-search': {
    kind: 'callback',
    path: 'on-search',
    actions: ['on-search', 'search'],
    scope: 'registry.on-search',
    accepts: validators.acceptOnSearch,
    repair: listed('search_response'),
  },
  subscribe: {
    kind: 'async',
    path: 'subscribe',
    actions: ['subscribe'],
    scope: 'registry.subscribe',
    accepts: validators.acceptSubscribe,
    repair: listed('subscribe_request'),
  },
  'on-subscribe': {
    kind: 'callback',
    path: 'on-subscribe',
    actions: ['on-subscribe', 'subscribe'],
    scope: 'registry.on-subscribe',
    accepts: validators.acceptOnSubscribe,
    repair: listed('subscribe_response'),
  },
  unsubscribe: {
    kind: 'async',
    path: 'unsubscribe',
    actions: ['unsubscribe'],
    scope: 'registry.unsubscribe',
    accepts: validators.acceptUnsubscribe,
  },
  'on-unsubscribe': {
    kind: 'callback',
    path: 'on-unsubscribe',
    actions: ['on-unsubscribe', 'unsubscribe'],
    scope: 'registry.on-unsubscribe',
    accepts: validators.acceptOnUnsubscribe,
  },
  notify: {
    kind: 'callback',
    path: 'notify',
    actions: ['notify'],
    scope: 'registry.notify',
    accepts: validators.acceptNotify,
    repair: listed('notify_event'),
  },
  'txn/status': { ...txnStatus, kind: 'async', path: 'txn/status' },
  'sync/txn/status': { ...txnStatus, kind: 'sync', path: 'sync/txn/status' },
  'txn/on-status': {
    kind: 'callback',
    path: 'txn/on-status',
    actions: ['txn-on-status', 'txn_on_status', 'txn/on-status'],
    scope: 'registry.txn.on-status',
    accepts: validators.acceptTxnOnStatus,
  },
  receipt: { ...receipt, kind: 'async', path: 'receipt' },
  'sync/receipt': { ...receipt, kind: 'sync', path: 'sync/receipt' },
  'sync/disabled': { ...disabled, path: 'sync/disabled' },
  'sync/get-disability-details': { ...disabled, path: 'sync/get-disability-details' },
  'sync/get-disability-support': { ...disabled, path: 'sync/get-disability-support' },
  'sync/enrolled': {
    kind: 'sync',
    path: 'sync/enrolled',
    actions: ['search'],
    scope: 'registry.search',
    accepts: validators.acceptEnrolled,
    registries: ['ibr'],
  },
  'sync/enrollment/updates': {
    kind: 'sync',
    path: 'sync/enrollment/updates',
    actions: ['notify'],
    scope: 'registry.notify',
    accepts: validators.acceptEnrollmentUpdates,
    registries: ['ibr'],
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;
export const operationNames = Object.keys(operations) as readonly OperationName[];
export const operationOf = (name: OperationName): Operation => operations[name];
