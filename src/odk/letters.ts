import type { Json } from '../core/json.ts';
import type { SourceSettings } from './source.ts';
import type { Entry } from './submissions.store.ts';

/** A submission that did not become a registrant, as an operator sees it (odk.md §18.7). */
export interface DeadLetter {
  readonly instanceId: string;
  readonly reason: string;
  readonly path: string | null;
  readonly value: Json;
  readonly tries: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly mappingVersion: string | null;
}

const MASK = '***';

// About the form or the server, and not what anybody answered.
const impersonal = new Set(['form-version-unmapped', 'central-anomaly', 'encrypted', 'target-rejected']);

/** What stood at the place of the fault, unless answers are not to be shown. */
export const shownValue = (reason: string | null, value: Json, { values }: Pick<SourceSettings, 'values'>): Json =>
  values === 'shown' || value === null || impersonal.has(reason ?? '') ? value : MASK;

export const toDeadLetter = (entry: Entry, settings: SourceSettings): DeadLetter => ({
  instanceId: entry.instance_id,
  reason: entry.reason ?? '',
  path: entry.path,
  value: shownValue(entry.reason, entry.value === null ? null : (JSON.parse(entry.value) as Json), settings),
  tries: entry.tries,
  firstAt: entry.first_at,
  lastAt: entry.last_at,
  mappingVersion: entry.mapping_version,
});
