import { type Clock, toTimestamp } from '../core/clock.ts';
import { isEqualJson } from '../core/equal.ts';
import { Fault } from '../core/fault.ts';
import { newId } from '../core/ids.ts';
import type { Mutable } from '../core/mutable.ts';
import type { Tx } from '../storage/index.ts';
import type { Catalogue } from './attributes.ts';
import { invalidDraft, prepareDraft } from './draft.ts';
import { appendChanges } from './feed.store.ts';
import type { ChangeType, NewChange } from './feed.ts';
import { checkClaims, systemIdTaken, writeIdentifiers } from './identifiers.store.ts';
import { dayOf } from './liveness.ts';
import type { Draft, Registrant, Writer } from './model.ts';
import type { Saved, SaveRequest } from './ports.ts';
import { trackProvenance } from './provenance.ts';
import { rowsByIds, toDraft, toRegistrant } from './registrant.store.ts';
import { toSearchRows } from './search-rows.ts';
import { writeValues } from './values.store.ts';
import { allocateSeqs, type RegistrantWrite, writeRegistrants } from './write.store.ts';

export interface WriteDeps {
  readonly clock: Clock;
  /** The catalogue as the transaction sees it. */
  readonly catalogue: (tx: Tx) => Promise<Catalogue>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BATCH = 500;

interface Indexed {
  readonly request: SaveRequest;
  readonly index: number;
}

/** A request worked out: what was, and what shall be. */
interface Step {
  readonly index: number;
  readonly before: Registrant | undefined;
  readonly after: Registrant;
}

/** Batches in which no registrant occurs twice: the second change of one must see the first. */
const toRounds = (requests: readonly SaveRequest[]): Indexed[][] => {
  const rounds: Indexed[][] = [];
  let round: Indexed[] = [];
  let ids = new Set<string>();
  requests.forEach((request, index) => {
    const id = request.id ?? request.newId;
    if (round.length >= BATCH || (id !== undefined && ids.has(id))) {
      rounds.push(round);
      round = [];
      ids = new Set();
    }
    if (id !== undefined) ids.add(id);
    round.push({ request, index });
  });
  if (round.length > 0) rounds.push(round);
  return rounds;
};

const plan = (
  { request, index }: Indexed,
  stored: ReadonlyMap<string, Registrant>,
  now: string,
  by: Writer,
): Step | { readonly unchanged: Registrant } => {
  const before = request.id === undefined ? undefined : stored.get(request.id);
  if (request.id !== undefined && !before) throw new Fault('registrant.not-found', 'no such registrant', { index });
  if (request.newId !== undefined && request.id === undefined) {
    if (!UUID.test(request.newId))
      throw invalidDraft([{ path: '/id', message: 'must be a UUID in lower case' }], index);
    if (stored.has(request.newId)) throw systemIdTaken(index);
  }
  if (before && request.expectedVersion !== undefined && request.expectedVersion !== before.version) {
    throw new Fault('record.version-conflict', 'the record was modified by another request', { index });
  }
  const id = before?.id ?? request.newId ?? newId();
  const draft: Draft = prepareDraft(request.draft, id, index);
  if (before && before.kind !== draft.kind) {
    throw invalidDraft([{ path: '/kind', message: 'cannot change' }], index);
  }
  if (before && isEqualJson(toDraft(before), draft)) return { unchanged: before };
  const after: Mutable<Registrant> = {
    ...draft,
    id,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    provenance: trackProvenance(before, draft, by),
  };
  if (before?.seq !== undefined) after.seq = before.seq;
  if (before?.facts) after.facts = before.facts;
  if (after.kind === 'group') after.memberCount = before?.kind === 'group' ? (before.memberCount ?? 0) : 0;
  return { index, before, after };
};

const typeOf = ({ before, after }: Step): ChangeType => {
  if (!before) return 'registrant.registered';
  if (before.active === after.active) return 'registrant.updated';
  return after.active ? 'registrant.reactivated' : 'registrant.deactivated';
};

const toChange = (step: Step, by: Writer): NewChange => ({
  type: typeOf(step),
  subject: step.after.id,
  kind: step.after.kind,
  version: step.after.version,
  source: by,
  detail: {},
  before: step.before ?? null,
});

/** New registrants that join a group, or get members, in the same breath; by id the number of their members. */
export type Joining = ReadonlyMap<string, number>;

/** As it is after its first memberships, which are the caller's to write. */
const asJoined = (registered: Registrant, memberCount: number): Registrant => ({
  ...registered,
  version: registered.version + 1,
  ...(registered.kind === 'group' && { memberCount }),
});

/** What the rounds of one call share. */
interface Whole {
  readonly catalogue: Catalogue;
  readonly by: Writer;
  readonly joining: Joining;
  readonly registered: Map<string, Registrant>;
}

/** The verb `save` of the registry; see ports.ts. Answers also those who join, as they were registered. */
export const createSave = ({ clock, catalogue: catalogueOf }: WriteDeps) => {
  const saveRound = async (
    tx: Tx,
    round: readonly Indexed[],
    { catalogue, by, joining, registered }: Whole,
  ): Promise<Saved[]> => {
    const now = toTimestamp(clock());
    const today = dayOf(clock());
    const ids = round.flatMap(({ request }) => request.id ?? request.newId ?? []);
    const stored = new Map((await rowsByIds(tx, ids, { lock: true })).map((row) => [row.id, toRegistrant(row)]));
    const planned = round.map((one) => plan(one, stored, now, by));
    const steps = planned.filter((one) => 'after' in one);

    await checkClaims(
      tx,
      steps.map(({ before, after, index }) => ({
        owner: before?.seq ?? -1 - index,
        before: before?.identifiers ?? [],
        after: after.identifiers,
        index,
      })),
      today,
    );
    const seqs = await allocateSeqs(tx, steps.filter(({ before }) => !before).length);
    let used = 0;
    const writes = steps.map(({ before, after, index }): RegistrantWrite & { readonly rehold: boolean } => {
      const seq = before?.seq ?? (seqs[used++] as number);
      const fresh = before ? after : { ...after, seq };
      const memberCount = before ? undefined : joining.get(after.id);
      if (memberCount !== undefined) registered.set(after.id, fresh);
      const registrant = memberCount === undefined ? fresh : asJoined(fresh, memberCount);
      const rows = toSearchRows(registrant, catalogue, today);
      const rehold = !before || !isEqualJson(before.identifiers, after.identifiers);
      return { seq, fresh: !before, registrant, rows, index, rehold };
    });
    await writeRegistrants(tx, writes);
    await writeIdentifiers(
      tx,
      writes
        .filter(({ rehold }) => rehold)
        .map(({ seq, fresh: isFresh, registrant }) => ({ seq, fresh: isFresh, identifiers: registrant.identifiers })),
      today,
    );
    await writeValues(
      tx,
      writes.map(({ seq, fresh: isFresh, rows }) => ({ seq, fresh: isFresh, values: rows.values })),
    );
    appendChanges(
      tx,
      clock,
      steps.map((step) => toChange(step, by)),
    );
    return planned.map((one): Saved => {
      if ('unchanged' in one) return { id: one.unchanged.id, version: one.unchanged.version, outcome: 'unchanged' };
      return { id: one.after.id, version: one.after.version, outcome: one.before ? 'updated' : 'created' };
    });
  };

  return async (tx: Tx, requests: readonly SaveRequest[], by: Writer, joining: Joining = new Map()) => {
    const registered = new Map<string, Registrant>();
    const whole: Whole = { catalogue: await catalogueOf(tx), by, joining, registered };
    const saved: Saved[] = [];
    for (const round of toRounds(requests)) saved.push(...(await saveRound(tx, round, whole)));
    return { saved, registered } as const;
  };
};

export type Save = ReturnType<typeof createSave>;
