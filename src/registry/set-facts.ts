import { toTimestamp } from '../core/clock.ts';
import { isEqualJson } from '../core/equal.ts';
import { Fault } from '../core/fault.ts';
import type { Tx } from '../storage/index.ts';
import { appendChanges } from './feed.store.ts';
import type { NewChange } from './feed.ts';
import { dayOf } from './liveness.ts';
import type { Registrant, Writer } from './model.ts';
import type { FactsRequest } from './ports.ts';
import { rowsByIds, toRegistrant } from './registrant.store.ts';
import type { WriteDeps } from './save.ts';
import { toSearchRows } from './search-rows.ts';
import { writeValues } from './values.store.ts';
import { type RegistrantWrite, writeRegistrants } from './write.store.ts';

/** The verb `setFacts` of the registry; see ports.ts. */
export const createSetFacts =
  ({ clock, catalogue: catalogueOf }: WriteDeps) =>
  async (tx: Tx, requests: readonly FactsRequest[], by: Writer): Promise<void> => {
    const catalogue = await catalogueOf(tx);
    const today = dayOf(clock());
    const now = toTimestamp(clock());
    const ids = requests.map(({ id }) => id);
    const stored = new Map((await rowsByIds(tx, ids, { lock: true })).map((row) => [row.id, toRegistrant(row)]));
    const writes: RegistrantWrite[] = [];
    const changes: NewChange[] = [];
    requests.forEach(({ id, source, facts, event }, index) => {
      const before = stored.get(id);
      if (before?.seq === undefined) throw new Fault('registrant.not-found', 'no such registrant', { index });
      const version = before.version + 1;
      const all = { ...before.facts, [source]: facts };
      const after = { ...before, facts: all, version, updatedAt: now } as Registrant;
      const isShown = !isEqualJson(before.facts?.[source] ?? {}, facts);
      if (!isShown && !event) return;
      writes.push({
        seq: before.seq,
        fresh: false,
        registrant: after,
        rows: toSearchRows(after, catalogue, today),
        index,
      });
      const { type, detail } = event ?? { type: 'registrant.updated' as const, detail: {} };
      changes.push({ type, subject: id, kind: after.kind, version, source: by, detail, before });
    });
    await writeRegistrants(tx, writes);
    await writeValues(
      tx,
      writes.map(({ seq, fresh, rows }) => ({ seq, fresh, values: rows.values })),
    );
    appendChanges(tx, clock, changes);
  };
