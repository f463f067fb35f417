import type { Metrics } from '../http/index.ts';
import type { Odk } from './odk.ts';

type Label = 'source' | 'what';
type Gauge = ReturnType<Metrics['gauge']>;

/**
 * What monitors ask of the importer (odk.md §18.10). All of it stands in the database, so that every process tells the
 * same, whichever of them polls.
 */
export const registerOdkMetrics = (metrics: Metrics, odk: Pick<Odk, 'measures'>): void => {
  const gauges: readonly (readonly [name: string, help: string, prefix: string])[] = [
    ['state', 'State of an ODK source, 1 for the one it is in: ok, degraded, paused, gone.', 'state.'],
    ['age_seconds', 'Seconds since the last successful poll, since the watermark, since a walk began.', 'age.'],
    ['submissions', 'Submissions in the ledger, by what became of them; waiting is the queue.', 'count.'],
    ['dead_letters', 'Submissions that are parked now, by reason.', 'dead.'],
    ['files', 'Attachments: outstanding, failed, stored; bytes of the stored ones.', 'files.'],
    ['total', 'Sums since the source was added: polls, failures, requests by status, outcomes.', 'total.'],
  ];
  for (const [name, help, prefix] of gauges) {
    const collect = async (gauge: Gauge): Promise<void> => {
      gauge.reset();
      for (const { source, values } of await odk.measures()) {
        for (const [what, value] of Object.entries(values)) {
          if (what.startsWith(prefix)) gauge.set({ source, what: what.slice(prefix.length) }, value);
        }
      }
    };
    metrics.gauge<Label>(`crosswalk_odk_${name}`, help, ['source', 'what'], collect, 'max');
  }
};
