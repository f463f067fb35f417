import type { Clock } from './core/clock.ts';
import type { Metrics } from './http/index.ts';
import type { OwnKeys } from './trust/index.ts';

// Nothing breaks when a key gets old; a year is what most guides name as the time to replace it.
const ROTATION_DUE_SECONDS = 365 * 86_400;

const seconds = (ms: number): number => Math.round(ms / 1000);

/** What there is to watch of our own keys: their age, whether it is time to rotate, and when old ones are withdrawn. */
export const measureKeys = (keys: Pick<OwnKeys, 'list'>, clock: Clock, metrics: Metrics): void => {
  const inState = (...states: readonly string[]) => keys.list().filter(({ state }) => states.includes(state));
  const ageOf = (from: string): number => seconds(clock() - Date.parse(from));

  metrics.gauge(
    'crosswalk_key_age_seconds',
    'For how long the key in use has been used, by algorithm.',
    ['algorithm'],
    (gauge) => {
      for (const { algorithm, from } of inState('active')) gauge.set({ algorithm }, ageOf(from));
    },
    'max',
  );
  metrics.gauge(
    'crosswalk_key_rotation_due',
    'Warning: 1 when the key in use is older than a year ("keys rotate").',
    ['algorithm'],
    (gauge) => {
      for (const { algorithm, from } of inState('active')) {
        gauge.set({ algorithm }, ageOf(from) > ROTATION_DUE_SECONDS ? 1 : 0);
      }
    },
    'max',
  );
  metrics.gauge(
    'crosswalk_key_expires_seconds',
    'Time until a replaced key is withdrawn and verifies no more, by its id.',
    ['id', 'algorithm'],
    (gauge) => {
      gauge.reset();
      for (const { id, algorithm, until } of inState('retired')) {
        gauge.set({ id, algorithm }, seconds(Date.parse(until ?? '') - clock()));
      }
    },
    'max',
  );
};
