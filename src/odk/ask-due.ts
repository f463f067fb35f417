import { askAgainAt } from './ask-again.ts';
import { readByIds } from './by-id.ts';
import type { PollContext } from './ports.ts';
import { idOf } from './stage.ts';
import { markVanished, readDue, setAskAt } from './submissions.store.ts';
import { takeRows } from './take-rows.ts';

/** Takes what Central does not know any more out of what is waited for; what was imported is dealt with by policy. */
export const vanish = async (context: PollContext, ids: readonly string[]): Promise<void> => {
  if (ids.length > 0) await context.write((tx) => markVanished(tx, context.place, ids));
};

/**
 * Asks by id for what no date filter shows: files that are still to come, and deleted submissions that may have been
 * restored (odk.md §15.5). Who is not in the answer was purged.
 */
export const askDue = async (context: PollContext): Promise<void> => {
  const { db, place, clock, eager, source } = context;
  const due = await db.read((reader) => readDue(reader, place, eager ? undefined : clock()));
  // Where deletions cannot be seen, nobody can tell a restored submission from one that is still in the trash by asking.
  const canTell = !source.central.noDeletedAt;
  const asked = due.filter(({ deleted_at }) => canTell || deleted_at === null);
  const entries = new Map(asked.map((entry) => [entry.instance_id, entry]));
  const wanted = asked.map(({ instance_id, submission_date }) => ({
    id: instance_id,
    submissionDate: submission_date,
  }));
  for await (const { asked: ids, rows } of readByIds(context, wanted)) {
    const found = new Set(rows.map(idOf));
    await takeRows(context, rows, async (tx) => {
      for (const id of ids) {
        const entry = entries.get(id);
        if (!entry || !found.has(id)) continue;
        const tries = { ...entry, asked: entry.asked + 1 };
        await setAskAt(tx, place, id, askAgainAt(tries, clock()), tries.asked);
      }
    });
    const missing = ids.filter((id) => !found.has(id));
    // A server without a trash in its filters shows no deleted rows at all: missing there may mean deleted.
    if (canTell) await vanish(context, missing);
  }
};
