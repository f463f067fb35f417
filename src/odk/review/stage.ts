import { Fault } from '../../core/fault.ts';
import { isCentralError } from '../central/answer.ts';
import type { PollContext, PollStage } from '../ports.ts';
import type { Entry } from '../submissions.store.ts';
import { echoOf, isOwnState, judgedState } from './echo.ts';
import { markTold, noteEcho, noteTold, readIntentions, readUntold } from './review.store.ts';
import { toldOf, type Verdict, verdictOf } from './verdict.ts';

const BATCH = 100;

/** What people said is wrong stays so, whatever we make of it. */
const isProtected = (entry: Entry): boolean =>
  (entry.review_state === 'hasIssues' || entry.review_state === 'rejected') && !isOwnState(entry);

/** Intentions of a process that was killed: the walk has shown meanwhile whether they were carried out. */
const settleIntentions = async ({ db, place, write }: PollContext): Promise<void> => {
  const entries = await db.read((reader) => readIntentions(reader, place));
  for (const entry of entries) {
    const echo = echoOf(entry);
    const isDone = echo !== undefined && echo.state === entry.review_state;
    const settled = isDone ? { ...echo, updatedAt: entry.updated_at } : null;
    await write((tx) => noteEcho(tx, place, entry.instance_id, settled));
  }
};

/**
 * Writes a review state, if Central still says what we know of (read, compare, write: Central has no precondition, so a
 * moment remains). `false`: it says something else, which the next walk will bring.
 */
const writeState = async (context: PollContext, entry: Entry, state: string): Promise<boolean> => {
  const { central, place, write } = context;
  const id = entry.instance_id;
  const seen = await central.submission(id);
  const isKnown =
    seen.reviewState === entry.review_state &&
    seen.updatedAt === entry.updated_at &&
    (seen.versionId ?? entry.version_id) === entry.version_id;
  if (!isKnown) return false;
  const before = judgedState(entry);
  // Noted first: whoever is killed now will know the write for its own when the next walk meets it.
  await write((tx) => noteEcho(tx, place, id, { state, before, updatedAt: null }));
  const { updatedAt } = await central.review(id, state);
  await write((tx) => noteEcho(tx, place, id, { state, before, updatedAt }));
  return true;
};

/** Comments once; a process that was killed after commenting finds its own words there. */
const comment = async ({ central }: PollContext, id: string, remark: string): Promise<void> => {
  if ((await central.comments(id)).includes(remark)) return;
  await central.comment(id, remark);
};

const tell = async (context: PollContext, entry: Entry, { key, state, remark }: Verdict): Promise<boolean> => {
  const told = toldOf(entry);
  const id = entry.instance_id;
  if (state !== undefined && told.key !== key && entry.review_state !== state && !isProtected(entry)) {
    if (!(await writeState(context, entry, state))) return false;
  }
  const isNews = remark !== undefined && !told.remarks.includes(remark);
  if (isNews) await comment(context, id, remark);
  const remarks = isNews ? [...told.remarks, remark] : told.remarks;
  await context.write((tx) => noteTold(tx, context.place, id, { key, remarks }));
  return true;
};

/** `false`: to be told another time. */
const tryToTell = async (context: PollContext, entry: Entry, verdict: Verdict): Promise<boolean> => {
  try {
    return await tell(context, entry, verdict);
  } catch (error) {
    if (!isCentralError(error)) throw error;
    if (error.status === 403) {
      throw new Fault(
        'odk.not-permitted',
        'the account may not review submissions: write-back needs a Project Manager',
      );
    }
    if (error.status > 500) throw error;
    // Deleted meanwhile, or with two current versions (a 500 for good): asking again would not help.
    context.log.warn({ instance: entry.instance_id, error: error.message }, 'a submission was not reviewed');
    return true;
  }
};

const run = async (context: PollContext): Promise<void> => {
  const { source, place, db, clock, eager, write } = context;
  const { writeBack, values, everyMs } = source.settings;
  if (!writeBack) return;
  await settleIntentions(context);
  const until = eager ? Number.POSITIVE_INFINITY : clock() + everyMs;
  let after = '';
  while (clock() <= until) {
    const from = after;
    const entries = await db.read((reader) => readUntold(reader, place, from, BATCH));
    const last = entries.at(-1);
    if (!last) return;
    after = last.instance_id;
    const done: Entry[] = [];
    for (const entry of entries) {
      const verdict = verdictOf(entry, writeBack, values);
      if (!verdict || (await tryToTell(context, entry, verdict))) done.push(entry);
    }
    await write((tx) => markTold(tx, place, done));
  }
};

/** Tells Central what became of submissions (odk.md §18.6), where the source says so. */
export const reviewStage: PollStage = { name: 'review', run };
