export { countByState, enqueue, listDeliveries, revive } from './deliveries.store.ts';
export type { Attempt, Delivery, DeliveryDraft, DeliveryState } from './delivery.ts';
export { type Runner, type Sender, startRunner } from './runner.ts';
