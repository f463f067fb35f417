import type { ODataRow } from './central/api.ts';
import type { PollContext } from './ports.ts';
import { idOf } from './stage.ts';

// Proxies cut long request lines earlier than Central does (odk.md §7).
const MOST_IDS = 40;
const MOST_BYTES = 5000;

const sizeOf = (id: string): number => encodeURIComponent(`__id eq '${id}' or `).length;

/** Groups that fit into one request each. */
export const toGroups = (ids: readonly string[]): string[][] => {
  const groups: string[][] = [];
  let size = 0;
  for (const id of ids) {
    const last = groups.at(-1);
    size += sizeOf(id);
    if (last && last.length < MOST_IDS && size <= MOST_BYTES) last.push(id);
    else {
      groups.push([id]);
      size = sizeOf(id);
    }
  }
  return groups;
};

export interface AskedFor {
  readonly id: string;
  readonly submissionDate: string;
}

/** Reads submissions by id, group by group; whoever is not in the answer is not at Central any more. */
export async function* readByIds(
  { central, source }: PollContext,
  asked: readonly AskedFor[],
): AsyncGenerator<{ readonly asked: readonly string[]; readonly rows: readonly ODataRow[] }> {
  const deleted = !source.central.noDeletedAt;
  // No quote can be written inside a filter's text: such a submission is found by its moment of arrival.
  const isQuoted = ({ id }: AskedFor): boolean => id.includes("'");
  for (const { id, submissionDate } of asked.filter(isQuoted)) {
    const rows = (await central.byArrival(submissionDate, deleted)).filter((row) => idOf(row) === id);
    yield { asked: [id], rows };
  }
  for (const ids of toGroups(asked.filter((one) => !isQuoted(one)).map(({ id }) => id))) {
    yield { asked: ids, rows: await central.byIds(ids, deleted) };
  }
}
