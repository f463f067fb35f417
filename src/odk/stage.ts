import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../core/json.ts';
import { later } from '../core/order.ts';
import type { Tx } from '../storage/index.ts';
import { readEntries, type StagedEntry, stageEntries } from './odk.store.ts';
import type { ODataRow, RowSystem } from './ports.ts';

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** What Central says about a row, beside its answers. */
export const systemOf = (row: ODataRow): RowSystem => {
  const system = isObject(row['__system']) ? row['__system'] : {};
  return {
    submissionDate: text(system['submissionDate']) ?? '',
    updatedAt: text(system['updatedAt']),
    deletedAt: text(system['deletedAt']),
    reviewState: text(system['reviewState']),
    status: text(system['status']),
    attachmentsPresent: number(system['attachmentsPresent']),
    attachmentsExpected: number(system['attachmentsExpected']),
    edits: number(system['edits']),
    formVersion: text(system['formVersion']),
  };
};

/** The greatest stamp of a row: arrival, edit or review, deletion. ISO text of one form, so text order is time order. */
export const latestStamp = (row: ODataRow): string => {
  const { submissionDate, updatedAt, deletedAt } = systemOf(row);
  return later(submissionDate, later(updatedAt ?? '', deletedAt ?? ''));
};

/** Navigation links carry row hashes that move with every edit; they are no part of what was answered. */
const withoutLinks = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutLinks);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.endsWith('@odata.navigationLink') && key !== '__system')
      .map(([key, member]) => [key, withoutLinks(member)]),
  );
};

const fingerprintOf = (row: ODataRow, formHash: string, mappingVersion: string): string => {
  const { reviewState, deletedAt, status } = systemOf(row);
  const meta = row['meta'] as JsonObject | undefined;
  const versionId = text(meta?.['instanceID']) ?? row.__id;
  return createHash('sha256')
    .update(JSON.stringify([versionId, reviewState, deletedAt, status, formHash, mappingVersion, withoutLinks(row)]))
    .digest('base64url');
};

export interface Staged {
  /** Instance ids that wait for the mapping now. */
  readonly queued: readonly string[];
  /** Instance ids whose row is what it was. */
  readonly unchanged: readonly string[];
}

/**
 * Takes note of rows that were read: a row like the one in the ledger changes nothing; any other goes into the queue,
 * the newest reading over an older one (odk.md §15.4).
 */
export const stageRows = async (
  tx: Tx,
  at: { readonly source: string; readonly formKey: string; readonly formHash: string; readonly mappingVersion: string },
  rows: readonly ODataRow[],
): Promise<Staged> => {
  const known = await readEntries(
    tx,
    at.source,
    at.formKey,
    rows.map(({ __id }) => __id),
  );
  const staged: StagedEntry[] = [];
  const unchanged: string[] = [];
  for (const row of rows) {
    const before = known.get(row.__id);
    const system = systemOf(row);
    const fingerprint = fingerprintOf(row, at.formHash, at.mappingVersion);
    // An older reading must not undo a newer one.
    if (before && (before.fingerprint === fingerprint || before.edits > system.edits)) {
      unchanged.push(row.__id);
      continue;
    }
    staged.push({
      instanceId: row.__id,
      fingerprint,
      submissionDate: system.submissionDate,
      deletedAt: system.deletedAt,
      reviewState: system.reviewState,
      edits: system.edits,
      row,
    });
  }
  await stageEntries(tx, at.source, at.formKey, staged);
  return { queued: staged.map(({ instanceId }) => instanceId), unchanged };
};

/**
 * Two editors at the same moment leave two current versions of one submission, for good (odk.md §10.1). Answers the
 * rows that stand alone, and the ids that occur more than once with different versions.
 */
export const splitAnomalies = (
  rows: readonly ODataRow[],
): { readonly single: readonly ODataRow[]; readonly anomalies: readonly ODataRow[] } => {
  const byId = new Map<string, ODataRow[]>();
  for (const row of rows) byId.set(row.__id, [...(byId.get(row.__id) ?? []), row]);
  const single: ODataRow[] = [];
  const anomalies: ODataRow[] = [];
  for (const same of byId.values()) {
    const versions = new Set(same.map((row) => text((row['meta'] as JsonObject | undefined)?.['instanceID'])));
    const last = same.at(-1) as ODataRow;
    if (versions.size > 1) anomalies.push(last);
    else single.push(last);
  }
  return { single, anomalies };
};
