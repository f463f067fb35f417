import { vanish } from './ask-due.ts';
import { type AskedFor, readByIds } from './by-id.ts';
import type { RestSubmission } from './central/api.ts';
import type { PollContext } from './ports.ts';
import { idOf } from './stage.ts';
import { type Entry, readEntries, readLiveIds } from './submissions.store.ts';
import { takeRows } from './take-rows.ts';

/** What a comparison of the ledger with Central's own list came to. */
export interface Reconciled {
  /** Submissions of which the ledger said something else than Central; 0 when nothing was ever missed. */
  readonly difference: number;
  /** Of these, gone from Central for good. */
  readonly vanished: number;
}

const PAGE = 1000;

const differs = (listed: RestSubmission, known: Entry | undefined): boolean =>
  !known ||
  // Of two current versions the list shows either.
  (known.anomaly === 0 && differsFrom(listed, known));

const differsFrom = (listed: RestSubmission, known: Entry): boolean =>
  known.deleted_at !== null ||
  known.vanished === 1 ||
  known.review_state !== listed.reviewState ||
  (listed.updatedAt !== null && known.updated_at !== listed.updatedAt) ||
  (listed.versionId !== undefined && known.version_id !== listed.versionId);

/**
 * Compares the ledger with Central's list of submissions, which needs no XML to be parsed, and takes in what was
 * missed: purges, operators' surgery, and on servers before v2024.3 deletions (odk.md §15.5).
 */
export const reconcile = async (context: PollContext): Promise<Reconciled> => {
  const { central, db, place } = context;
  const listed = new Set<string>();
  const changed = new Map<string, AskedFor>();
  for (let offset = 0; ; offset += PAGE) {
    const page = await central.list(PAGE, offset);
    const ids = page.map(({ instanceId }) => instanceId);
    const known = await db.read((reader) => readEntries(reader, place, ids));
    for (const one of page) {
      listed.add(one.instanceId);
      if (!differs(one, known.get(one.instanceId))) continue;
      changed.set(one.instanceId, { id: one.instanceId, submissionDate: one.createdAt });
    }
    if (page.length < PAGE) break;
  }
  const extra: AskedFor[] = [];
  for await (const entries of readLiveIds(db, place)) {
    for (const { instance_id, submission_date } of entries) {
      if (!listed.has(instance_id)) extra.push({ id: instance_id, submissionDate: submission_date });
    }
  }
  let vanished = 0;
  for await (const { asked, rows } of readByIds(context, [...changed.values(), ...extra])) {
    await takeRows(context, rows);
    const found = new Set(rows.map(idOf));
    const missing = asked.filter((id) => !found.has(id) && !listed.has(id));
    await vanish(context, missing);
    vanished += missing.length;
  }
  return { difference: changed.size + extra.length, vanished };
};
