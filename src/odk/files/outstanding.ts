import { isFault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import { toGroups } from '../by-id.ts';
import { isCentralError } from '../central/answer.ts';
import type { ODataRow } from '../central/api.ts';
import type { PollContext } from '../ports.ts';
import { idOf } from '../stage.ts';
import type { FileEntry } from './files.store.ts';

const presentOf = (row: ODataRow): number => {
  const system = row['__system'];
  return isObject(system) ? Number(system['attachmentsPresent'] ?? 0) : 0;
};

/** Submissions that hold any file at all, by many in one request. */
const withFiles = async ({ central }: PollContext, ids: readonly string[]): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const group of toGroups(ids)) {
    for (const row of await central.byIds(group)) if (presentOf(row) > 0) found.add(idOf(row));
  }
  return found;
};

/** Names that a submission's list says are there. A list that cannot be had holds none: the file waits. */
const namesThere = async ({ central, log }: PollContext, id: string): Promise<ReadonlySet<string>> => {
  try {
    return new Set((await central.attachments(id)).filter(({ exists }) => exists).map(({ name }) => name));
  } catch (error) {
    // Gone meanwhile, or with two current versions, which is for good; neither stops the others.
    if (!isCentralError(error) && !(isFault(error) && error.code === 'net.upstream')) throw error;
    log.warn({ instance: id, error: error.message }, 'the files of a submission cannot be listed');
    return new Set();
  }
};

/**
 * Tells files that have arrived at Central from those that have not: a missing file and an unknown name answer alike,
 * so the list is asked first (odk.md §9). Nothing announces a late file, so those looked for before are first asked
 * for in groups.
 */
export const findOutstanding = async (
  context: PollContext,
  files: readonly FileEntry[],
): Promise<{ readonly there: readonly FileEntry[]; readonly absent: readonly FileEntry[] }> => {
  const ids = [...new Set(files.map(({ instanceId }) => instanceId))];
  const isNew = new Set(files.filter(({ tries }) => tries === 0).map(({ instanceId }) => instanceId));
  const again = ids.filter((id) => !isNew.has(id));
  const some = await withFiles(context, again);
  const names = new Map<string, ReadonlySet<string>>();
  for (const id of ids) if (isNew.has(id) || some.has(id)) names.set(id, await namesThere(context, id));
  const isThere = ({ instanceId, name }: FileEntry): boolean => names.get(instanceId)?.has(name) ?? false;
  return { there: files.filter(isThere), absent: files.filter((file) => !isThere(file)) };
};
