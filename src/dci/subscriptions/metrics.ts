import type { Metrics } from '../../http/index.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Shows how many subscriptions there are, and what waits to be told. */
export const measureSubscriptions = (metrics: Metrics, { numbers }: Pick<Subscriptions, 'numbers'>): void => {
  metrics.gauge(
    'crosswalk_dci_subscriptions',
    'Subscriptions that peers hold, by status.',
    ['status'],
    async (gauge) => {
      const { byStatus } = await numbers();
      for (const status of ['active', 'paused'] as const) gauge.set({ status }, byStatus.get(status) ?? 0);
    },
  );
  metrics.gauge(
    'crosswalk_dci_notification_backlog',
    'Changes that are to be matched with subscriptions, and notifications that wait to be sent.',
    ['stage'],
    async (gauge) => {
      const { unmatched, waiting } = await numbers();
      gauge.set({ stage: 'unmatched' }, unmatched);
      gauge.set({ stage: 'waiting' }, waiting);
    },
  );
};
