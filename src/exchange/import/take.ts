import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/fault.ts';
import type { RecordsToTake } from '../../dci/take-records.ts';
import type { Programmes } from '../../programmes/index.ts';
import { dayOf, prepareDraft, type Registry } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import { applyBatch } from './batch.ts';
import { fromDciRow } from './dci-rows.ts';
import { type IncomingLine, isOutcome } from './incoming.ts';
import { failed, type Outcome, toReason } from './outcome.ts';
import { createTally, type ImportReport } from './report.ts';

interface TakeDeps {
  readonly registry: Registry;
  readonly programmes: Programmes;
  readonly clock: Clock;
}

/** Refuses here what the registry would refuse later, when it would spoil the whole transaction. */
const checked = (line: IncomingLine): IncomingLine | Outcome => {
  const records = line.group ? [...line.people, line.group] : line.people;
  try {
    records.forEach(({ draft }, i) => {
      prepareDraft(draft, undefined, i);
    });
    return line;
  } catch (error) {
    if (!isFault(error)) throw error;
    return failed(line.line, error.details.errors ? toReason(error.details.errors) : error.message);
  }
};

const read = (json: unknown, line: number, { registry, programme }: RecordsToTake): IncomingLine | Outcome => {
  const incoming = fromDciRow(line, json, registry);
  if (isOutcome(incoming)) return incoming;
  if (programme === undefined) return checked(incoming);
  const { people, group } = incoming;
  return checked(
    group
      ? { ...incoming, group: { ...group, programme } }
      : { ...incoming, people: people.map((person) => ({ ...person, programme })) },
  );
};

/**
 * Takes received records into the registry, in the transaction that says they were received. A record that cannot go
 * in is named by its place, from 1, and leaves the others alone; one that says nothing new changes nothing.
 */
export const createTakeRecords =
  ({ registry, programmes, clock }: TakeDeps) =>
  async (tx: Tx, taken: RecordsToTake): Promise<ImportReport> => {
    const tally = createTally(false);
    const lines: IncomingLine[] = [];
    taken.records.forEach((json, i) => {
      const one = read(json, i + 1, taken);
      if (isOutcome(one)) tally.add(one);
      else lines.push(one);
    });
    if (lines.length > 0) {
      const outcomes = await applyBatch({ registry, programmes }, tx, lines, dayOf(clock()), taken.writer);
      for (const outcome of outcomes) tally.add(outcome);
    }
    return tally.report();
  };
