import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Database, Reader } from '../storage/index.ts';

import { type DeadLetter, toDeadLetter } from './letters.ts';
import { type OpenProposal, readProposals } from './proposals.store.ts';
import { countEntities, type EntityCounts } from './publish/entities.store.ts';
import { readSource, readSources, type Source } from './sources.store.ts';
import { countFiles, countWeakMembers } from './status.store.ts';
import { countEntries, type Place, readDeadLetters } from './submissions.store.ts';

export interface SourceStatus {
  readonly name: string;
  readonly state: 'ok' | 'degraded' | 'paused' | 'gone';
  readonly watermark: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly files: { readonly outstanding: number; readonly failed: number };
  /** Of a source that publishes its registrants to an entity list. */
  readonly entities?: EntityCounts;
  readonly lastSuccessAt: string | null;
  readonly lastError: string | null;
  readonly formVersion: string | null;
  readonly mappingVersion: string;
  readonly vanishedPaths: readonly string[];
  readonly deadLetters: readonly DeadLetter[];
  /** Values that ODK brought and did not write, because somebody else had written there. */
  readonly proposals: readonly OpenProposal[];
}

const MOST_LISTED = 1000;
// A source is late when as many of its intervals went by without a success (odk.md §18.10).
const LATE = 3;

export const placeOf = (source: Source): Place => ({ source: source.name, formKey: source.form?.key ?? '' });

export const stateOf = (source: Source, now: number): SourceStatus['state'] => {
  if (source.state !== 'ok') return source.state;
  const { lastError, lastSuccessAt, form, settings } = source;
  const isLate = lastSuccessAt !== undefined && now - Date.parse(lastSuccessAt) > LATE * settings.everyMs;
  return lastError !== undefined || isLate || (form?.vanished.length ?? 0) > 0 ? 'degraded' : 'ok';
};

const describe = async (reader: Reader, source: Source, now: number): Promise<SourceStatus> => {
  const place = placeOf(source);
  const letters = await readDeadLetters(reader, place, MOST_LISTED);
  const entities = await countEntities(reader, source.name);
  const weakMembers = await countWeakMembers(reader, source.name);
  return {
    name: source.name,
    state: stateOf(source, now),
    watermark: source.watermark ?? null,
    counts: { ...(await countEntries(reader, place)), weakMembers },
    files: await countFiles(reader, place),
    ...(entities ? { entities } : {}),
    lastSuccessAt: source.lastSuccessAt ?? null,
    lastError: source.lastError ?? null,
    formVersion: source.form?.version ?? null,
    mappingVersion: source.mappingVersion,
    vanishedPaths: source.form?.vanished ?? [],
    deadLetters: letters.map((entry) => toDeadLetter(entry, source.settings)),
    proposals: await readProposals(reader, place, MOST_LISTED),
  };
};

/** How all sources stand, or the one of a name. */
export const createStatus =
  ({ db, clock }: { readonly db: Database; readonly clock: Clock }) =>
  async (name?: string): Promise<{ readonly sources: readonly SourceStatus[] }> =>
    await db.read(async (reader) => {
      const one = name === undefined ? undefined : await readSource(reader, name);
      if (name !== undefined && !one) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
      const sources: SourceStatus[] = [];
      for (const source of one ? [one] : await readSources(reader))
        sources.push(await describe(reader, source, clock()));
      return { sources };
    });
