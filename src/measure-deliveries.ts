import type { Clock } from './core/clock.ts';
import { readBacklog } from './delivery/index.ts';
import type { Metrics } from './http/index.ts';
import type { Database } from './storage/index.ts';

/** Shows how many callbacks and notifications wait, since when, and how many were given up. */
export const measureDeliveries = (db: Database, clock: Clock, metrics: Metrics): void => {
  metrics.gauge(
    'crosswalk_deliveries',
    'Outgoing messages that wait for their recipient, or were given up ("deliveries list --dead").',
    ['state'],
    async (gauge) => {
      const { waiting, dead } = await db.read(readBacklog);
      gauge.set({ state: 'waiting' }, waiting);
      gauge.set({ state: 'dead' }, dead);
    },
    'max',
  );
  metrics.gauge(
    'crosswalk_delivery_oldest_seconds',
    'For how long the oldest outgoing message has been waiting; 0 when none does.',
    [],
    async (gauge) => {
      const { oldest } = await db.read(readBacklog);
      gauge.set(oldest === undefined ? 0 : Math.max(0, (clock() - oldest) / 1000));
    },
    'max',
  );
};
