import { knexOf, type Reader, rowsOf, type Tx, touch } from '../storage/index.ts';
import type { FieldRow } from './mapping/form.ts';
import type { SourceSettings } from './source.ts';

/** The topic that `touch` marks when a source is added, replaced or removed. */
export const SOURCES_TOPIC = 'odk-sources';

/** A walk that has not come to its end: gone on with from where it stopped (odk.md §15.3). */
export interface Walk {
  readonly filter: string;
  /** Where the next page begins; absent before the first and after the last. */
  readonly cursor?: { readonly name: '$skiptoken' | '$skip'; readonly value: string };
  /** Central's time at the walk's first answer, milliseconds; the watermark never passes it. */
  readonly startedAt: number;
  /** Greatest stamp seen so far. */
  readonly seen: string;
  readonly rows: number;
  readonly count: number;
}

export interface FormVersion {
  readonly fields: readonly FieldRow[];
  /** As `vanished`, for this version. */
  readonly lacking: readonly string[];
}

/** What was last known of a source's form. */
export interface KnownForm {
  /** `createdAt` of the form. */
  readonly key: string;
  readonly version: string;
  readonly hash: string;
  readonly fields: readonly FieldRow[];
  /** The fields that the mapping reads, with the types they had when it was saved. */
  readonly mapped: Readonly<Record<string, string>>;
  /** Those of them that the current version lacks, or has with another type; rows cannot be trusted meanwhile. */
  readonly vanished: readonly string[];
  /** Every version by name, where submissions are read by their own; empty otherwise. */
  readonly versions: Readonly<Record<string, FormVersion>>;
  /** Forms of this name that were deleted before, by key. */
  readonly earlier: readonly string[];
}

/** What a Central was found to lack, and the answer that the next poll may be conditional on. */
export interface CentralNotes {
  /** No filter on `deletedAt` (before v2024.3): deletions are seen by reconciliation only. */
  readonly noDeletedAt?: true;
  /** The last walk had one page and asked for this; while the same is asked for, its ETag says whether anything moved. */
  readonly gate?: { readonly filter: string; readonly etag: string };
}

/** What happened since the source was added: sums for metrics. */
export interface Totals {
  readonly [what: string]: number;
}

export interface Source {
  readonly name: string;
  readonly settings: SourceSettings;
  readonly secret: string;
  readonly mapping: string;
  readonly mappingVersion: string;
  readonly state: 'ok' | 'paused' | 'gone';
  readonly form: KnownForm | undefined;
  readonly watermark: string | undefined;
  readonly walk: Walk | undefined;
  readonly central: CentralNotes;
  readonly totals: Totals;
  /** How the last mapped submissions came out, oldest first: `x` parked, `.` imported. */
  readonly breaker: string;
  readonly nextAt: number;
  readonly reconcileAt: number;
  readonly lastSuccessAt: string | undefined;
  readonly lastError: string | undefined;
}

interface SourceRow {
  readonly name: string;
  readonly settings: string;
  readonly secret: string;
  readonly mapping: string;
  readonly mapping_version: string;
  readonly state: Source['state'];
  readonly form: string | null;
  readonly watermark: string | null;
  readonly walk: string | null;
  readonly central: string;
  readonly totals: string;
  readonly breaker: string;
  readonly next_at: number;
  readonly reconcile_at: number;
  readonly last_success_at: string | null;
  readonly last_error: string | null;
}

const fromRow = (row: SourceRow): Source => ({
  name: row.name,
  settings: JSON.parse(row.settings),
  secret: row.secret,
  mapping: row.mapping,
  mappingVersion: row.mapping_version,
  state: row.state,
  form: row.form === null ? undefined : JSON.parse(row.form),
  watermark: row.watermark ?? undefined,
  walk: row.walk === null ? undefined : JSON.parse(row.walk),
  central: JSON.parse(row.central),
  totals: JSON.parse(row.totals),
  breaker: row.breaker,
  nextAt: Number(row.next_at),
  reconcileAt: Number(row.reconcile_at),
  lastSuccessAt: row.last_success_at ?? undefined,
  lastError: row.last_error ?? undefined,
});

export const readSources = async (reader: Reader): Promise<readonly Source[]> => {
  const rows: SourceRow[] = await knexOf(reader)('odk_sources').orderBy('name');
  return rows.map(fromRow);
};

export const readSource = async (reader: Reader, name: string): Promise<Source | undefined> => {
  const [row] = await rowsOf<SourceRow>(reader, 'select * from odk_sources where name = ?', [name]);
  return row && fromRow(row);
};

export type NewSource = Pick<
  Source,
  'name' | 'settings' | 'secret' | 'mapping' | 'mappingVersion' | 'nextAt' | 'reconcileAt'
> & {
  readonly form: KnownForm;
  /** The form is not the one that was known under this name: what is remembered of the other does not hold. */
  readonly anew: boolean;
};

/** Adds a source, or replaces mapping and settings of one, which keeps ledger and watermark; the breaker is closed. */
export const putSource = async (tx: Tx, source: NewSource): Promise<void> => {
  const replaced = {
    settings: JSON.stringify(source.settings),
    secret: source.secret,
    mapping: source.mapping,
    mapping_version: source.mappingVersion,
    state: 'ok',
    form: JSON.stringify(source.form),
    breaker: '',
    next_at: source.nextAt,
    last_error: null,
    central: '{}',
    ...(source.anew ? { watermark: null, walk: null } : {}),
  };
  await knexOf(tx)('odk_sources')
    .insert({ name: source.name, reconcile_at: source.reconcileAt, ...replaced })
    .onConflict('name')
    .merge(replaced);
  await touch(tx, SOURCES_TOPIC);
};

/** What changes in a source as it is polled; `null` clears. */
export interface Progress {
  readonly state?: Source['state'];
  readonly form?: KnownForm;
  readonly watermark?: string | null;
  readonly walk?: Walk | null;
  readonly central?: CentralNotes;
  readonly totals?: Totals;
  readonly breaker?: string;
  readonly nextAt?: number;
  readonly reconcileAt?: number;
  readonly lastSuccessAt?: string;
  readonly lastError?: string | null;
}

const columnOf: Readonly<Record<keyof Progress, string>> = {
  state: 'state',
  form: 'form',
  watermark: 'watermark',
  walk: 'walk',
  central: 'central',
  totals: 'totals',
  breaker: 'breaker',
  nextAt: 'next_at',
  reconcileAt: 'reconcile_at',
  lastSuccessAt: 'last_success_at',
  lastError: 'last_error',
};

export const updateSource = async (tx: Tx, name: string, progress: Progress): Promise<void> => {
  const entries = Object.entries(progress).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return;
  const assignments = entries.map(([key]) => `${columnOf[key as keyof Progress]} = ?`).join(', ');
  const values = entries.map(([, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
  );
  await rowsOf(tx, `update odk_sources set ${assignments} where name = ?`, [...values, name]);
};

/** Forgets a source and its ledger; the registrants stay. */
export const deleteSource = async (tx: Tx, name: string): Promise<boolean> => {
  const knex = knexOf(tx);
  for (const table of [
    'odk_enrolments',
    'odk_entities',
    'odk_entity_lists',
    'odk_files',
    'odk_members',
    'odk_proposals',
    'odk_subjects',
    'odk_submissions',
  ]) {
    await knex(table).where({ source: name }).delete();
  }
  const deleted = await knex('odk_sources').where({ name }).delete();
  await touch(tx, SOURCES_TOPIC);
  return deleted > 0;
};
