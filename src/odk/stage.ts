import { createHash } from 'node:crypto';
import { isObject } from '../core/json.ts';
import { later } from '../core/order.ts';
import type { Tx } from '../storage/index.ts';
import type { ODataRow } from './central/api.ts';
import { isEcho } from './review/echo.ts';
import {
  type Entry,
  noteFileCounts,
  type Place,
  type Reading,
  readEntries,
  writeReadings,
} from './submissions.store.ts';

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

const systemOf = (row: ODataRow): Readonly<Record<string, unknown>> =>
  isObject(row['__system']) ? row['__system'] : {};

export const idOf = (row: ODataRow): string => String(row['__id']);

/** The id of the version a row shows: of the payload's `meta`, which moves with every edit. */
const versionIdOf = (row: ODataRow): string => {
  const meta = row['meta'];
  return (isObject(meta) && text(meta['instanceID'])) || idOf(row);
};

/** The greatest stamp of a row: arrival, edit or review, deletion. ISO text of one form, so text order is time order. */
export const latestStamp = (row: ODataRow): string => {
  const { submissionDate, updatedAt, deletedAt } = systemOf(row);
  return [submissionDate, updatedAt, deletedAt].map((stamp) => text(stamp) ?? '').reduce(later);
};

// What moves without anything having been answered differently. File counts are looked at apart, so that a photo that
// arrives does not run the mapping again.
const isLeftOut = (key: string): boolean => key === '__system' || key.endsWith('@odata.navigationLink');

/** A copy without them: the serializer asks a function about every value dearly. */
const leaveOut = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(leaveOut);
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (isLeftOut(key)) continue;
    const item = leaveOut((value as Record<string, unknown>)[key]);
    // Set as any other member: an assignment would make it the prototype, and no part of the text.
    if (key === '__proto__') Object.defineProperty(kept, key, { value: item, enumerable: true });
    else kept[key] = item;
  }
  return kept;
};

/** What a reading is held against the ledger by. */
export interface StageContext extends Place {
  readonly formHash: string;
  readonly mappingVersion: string;
}

/** One row as the ledger keeps it. */
export const toReading = (row: ODataRow, context: StageContext, anomaly: boolean): Reading => {
  const system = systemOf(row);
  const reviewState = text(system['reviewState']);
  const deletedAt = text(system['deletedAt']);
  const status = text(system['status']);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([versionIdOf(row), reviewState, deletedAt, status, anomaly]))
    .update(`\n${context.formHash}\n${context.mappingVersion}\n`)
    .update(JSON.stringify(leaveOut(row)))
    .digest('base64url');
  return {
    instance_id: idOf(row),
    fingerprint,
    version_id: versionIdOf(row),
    submission_date: text(system['submissionDate']) ?? '',
    updated_at: text(system['updatedAt']),
    deleted_at: deletedAt,
    review_state: reviewState,
    form_version: text(system['formVersion']),
    status,
    edits: number(system['edits']),
    files_present: number(system['attachmentsPresent']),
    files_expected: number(system['attachmentsExpected']),
    anomaly: anomaly ? 1 : 0,
    row: JSON.stringify(row),
  };
};

/**
 * One reading per submission. Two editors at the same moment leave two current versions for good, which lists show as
 * two rows of one id (odk.md §10.1): which of them is right, nobody can say here.
 */
export const toReadings = (rows: readonly ODataRow[], context: StageContext): Reading[] => {
  const byId = new Map<string, ODataRow[]>();
  for (const row of rows) {
    const same = byId.get(idOf(row));
    if (same) same.push(row);
    else byId.set(idOf(row), [row]);
  }
  return [...byId.values()].map((same) => {
    const isAnomaly = new Set(same.map(versionIdOf)).size > 1;
    return toReading(same.at(-1) as ODataRow, context, isAnomaly);
  });
};

/** Readings by what the ledger says of them. */
export interface Sorted {
  readonly fresh: readonly Reading[];
  readonly unchanged: readonly string[];
  /** Our own review writes, met again. */
  readonly echoes: readonly Reading[];
  /** Known submissions whose files moved, and nothing else. */
  readonly files: readonly Reading[];
}

/** The other of two current versions, met on another page than the first: as many edits, at the same moment. */
const isTwin = (entry: Entry, reading: Reading): boolean =>
  entry.version_id !== reading.version_id && entry.edits === reading.edits && entry.updated_at === reading.updated_at;

/** Holds readings against the ledger. */
export const sortReadings = (known: ReadonlyMap<string, Entry>, readings: readonly Reading[]): Sorted => {
  const fresh: Reading[] = [];
  const echoes: Reading[] = [];
  const files: Reading[] = [];
  const unchanged: string[] = [];
  for (const reading of readings) {
    const entry = known.get(reading.instance_id);
    // An older reading must not undo a newer one.
    if (entry && entry.edits > reading.edits) unchanged.push(reading.instance_id);
    else if (entry?.fingerprint === reading.fingerprint && entry.vanished === 0) {
      unchanged.push(reading.instance_id);
      const isSame =
        entry.files_present === reading.files_present &&
        entry.files_expected === reading.files_expected &&
        entry.updated_at === reading.updated_at;
      if (!isSame) files.push(reading);
    } else if (entry && entry.queued === 0 && isEcho(entry, reading)) echoes.push(reading);
    else fresh.push(entry && isTwin(entry, reading) ? { ...reading, anomaly: 1 } : reading);
  }
  return { fresh, unchanged, echoes, files };
};

/**
 * Takes note of what was read: a reading like the one in the ledger changes nothing, any other goes into the queue,
 * the newest over an older one (odk.md §15.4).
 */
export const stageReadings = async (tx: Tx, place: Place, readings: readonly Reading[]): Promise<Sorted> => {
  const ids = readings.map((reading) => reading.instance_id);
  const known = await readEntries(tx, place, ids);
  const sorted = sortReadings(known, readings);
  await writeReadings(tx, place, sorted.fresh, 1);
  await writeReadings(tx, place, sorted.echoes, 0);
  await noteFileCounts(tx, place, sorted.files);
  return sorted;
};
