export { type Backlog, readBacklog } from './backlog.store.ts';
export {
  countByState,
  countWaiting,
  enqueue,
  listDeliveries,
  revive,
  reviveSubject,
  withdraw,
} from './deliveries.store.ts';
export {
  type Attempt,
  type Delivery,
  type DeliveryDraft,
  type DeliveryState,
  HELD,
  patienceAsked,
} from './delivery.ts';
export { discard, findOlder, type KeptPayload, readPayloads } from './payloads.store.ts';
export { type Runner, type Sender, startRunner } from './runner.ts';
