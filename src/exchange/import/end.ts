import type { Clock } from '../../core/clock.ts';
import type { SentRecords } from '../../dci/take-records.ts';
import { dayOf, type Registrant, type Registry, toDraft, writerOf } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import { fromDciRow } from './dci-rows.ts';
import { isOutcome } from './incoming.ts';
import { failed, type Outcome } from './outcome.ts';
import { createTally, type ImportReport } from './report.ts';
import { claimsOf } from './slots.ts';

/** The registrants that hold what a record names; whether it is a person or a group, an identifier alone does not say. */
const readHolders = async (
  registry: Registry,
  tx: Tx,
  json: unknown,
  line: number,
  { of, today }: { readonly of: SentRecords['registry']; readonly today: string },
): Promise<readonly Registrant[] | Outcome> => {
  const incoming = fromDciRow(line, json, of);
  if (isOutcome(incoming)) return incoming;
  const named = incoming.group ?? incoming.people[0];
  const claims = named ? claimsOf(named, today) : [];
  if (claims.length === 0) return failed(line, 'it has no identifier that is in force');
  const ids = new Set((await registry.holders(claims, tx)).flatMap((holder) => holder?.id ?? []));
  return [...(await registry.load([...ids], tx)).values()];
};

/**
 * Deactivates whom a source says to be gone, in the transaction that says it was received; nobody is deleted. A source
 * ends only what it wrote: a registrant that came from elsewhere, or that somebody here has decided about, stays.
 */
export const createEndRecords =
  ({ registry, clock }: { readonly registry: Registry; readonly clock: Clock }) =>
  async (tx: Tx, { registry: of, records, writer }: SentRecords): Promise<ImportReport> => {
    const tally = createTally(false);
    const end = async (json: unknown, line: number): Promise<Outcome> => {
      const holders = await readHolders(registry, tx, json, line, { of, today: dayOf(clock()) });
      if ('is' in holders) return holders;
      if (holders.length > 1) return failed(line, 'its identifiers belong to different registrants');
      const [holder] = holders;
      if (!holder?.active) return { line, is: 'unchanged' };
      if (writerOf(holder, 'active') !== writer) return failed(line, 'its registrant is not one of this source');
      await registry.save(tx, [{ id: holder.id, draft: { ...toDraft(holder), active: false } }], writer);
      return { line, is: 'updated' };
    };
    for (const [i, json] of records.entries()) tally.add(await end(json, i + 1));
    return tally.report();
  };
