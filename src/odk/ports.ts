import type { Json, JsonObject } from '../core/json.ts';
import type { Tx } from '../storage/index.ts';

/** Why a submission is parked: a closed list (odk.md §18.7). */
export const deadLetterReasons = [
  'central-anomaly',
  'mapping-error',
  'required-missing',
  'unknown-choice',
  'bad-type',
  'head-missing',
  'head-ambiguous',
  'duplicate-identifier',
  'encrypted',
  'form-version-unmapped',
  'attachment-missing',
  'attachment-too-large',
  'gate',
  'target-rejected',
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** A submission as OData delivers it with `$expand=*` (odk.md §5). */
export interface ODataRow extends JsonObject {
  readonly __id: string;
}

/** What stands in `__system` of a row. */
export interface RowSystem {
  readonly submissionDate: string;
  readonly updatedAt: string | null;
  readonly deletedAt: string | null;
  readonly reviewState: string | null;
  readonly status: string | null;
  readonly attachmentsPresent: number;
  readonly attachmentsExpected: number;
  readonly edits: number;
  readonly formVersion: string | null;
}

/** A refusal of one submission: where and what. `path` is the source path with row numbers. */
export interface Refusal {
  readonly reason: DeadLetterReason;
  readonly path?: string;
  readonly value?: Json;
}

/** A row taken from the queue, to be mapped and written. */
export interface StagedRow {
  readonly instanceId: string;
  readonly row: ODataRow;
  /** Registrants that earlier versions of this submission made: the group (or the individual). */
  readonly registrantId?: string;
  /** `edits` of the version that was applied last; an older reading must not undo a newer. */
  readonly appliedEdits?: number;
}

export type AppliedOutcome = 'created' | 'updated' | 'unchanged' | 'parked';

export interface Applied {
  readonly instanceId: string;
  readonly outcome: AppliedOutcome;
  readonly registrantId?: string;
  readonly refusal?: Refusal;
  /** For the preview: what each target got from where. */
  readonly fields?: readonly { readonly target: string; readonly source: string; readonly value: Json }[];
}

/** A mapping, checked against a form and compiled: the two halves of importing rows. */
export interface Importer {
  /** Maps rows (expressions run in a worker); writes nothing. The result belongs to `apply`. */
  map(rows: readonly StagedRow[]): Promise<MappedRows>;
  /** Writes mapped rows; one answer per row, in order. A refused row leaves nothing behind. */
  apply(tx: Tx, mapped: MappedRows): Promise<readonly Applied[]>;
  /** What to do with the registrants of a deleted or rejected submission (`onDelete`); they come back with `apply`. */
  retire(tx: Tx, rows: readonly StagedRow[], policy: 'flag' | 'retire' | 'ignore'): Promise<void>;
  close(): Promise<void>;
}

/** Opaque outside the mapping. */
export interface MappedRows {
  readonly rows: readonly StagedRow[];
  readonly mapped: readonly unknown[];
}
