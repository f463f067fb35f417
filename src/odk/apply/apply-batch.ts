import { toTimestamp } from '../../core/clock.ts';
import { dayOf, type Identifier } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import { askAgainAt } from '../ask-again.ts';
import { readMembers, readSubjects, writeMembers, writeSubjects } from '../members.store.ts';
import type { AfterApply, ApplyContext } from '../ports.ts';
import { replaceProposals } from '../proposals.store.ts';
import { type Entry, readClaims, type Settled, settleEntries } from '../submissions.store.ts';
import type { Applied } from './applied.ts';
import { type Claims, openClaims } from './claims.ts';
import { enrolNamed } from './enrol.ts';
import { type Household, planHousehold } from './household.ts';
import type { Letter, Prepared } from './prepare.ts';
import { retire } from './retire.ts';
import { withoutSharedId } from './same-id.ts';
import { recordSubmissions } from './submission-events.ts';
import { writeHouseholds } from './write-households.ts';

type Import = Extract<Prepared, { readonly do: 'import' }>;
const isImport = (prepared: Prepared): prepared is Import => prepared.do === 'import';

/** Where in the submission a value of an identifier stood. */
const letterOfClash = ({ trace }: Prepared, { type, value }: Identifier): Letter => {
  const found = trace.findLast((one) => one.target.endsWith('.identifiers.value') && one.value === value);
  return { reason: 'duplicate-identifier', path: found?.source ?? `identifiers.${type}`, value };
};

/** What the registry knows of everybody that the batch is about, in few statements. */
const planAll = async (tx: Tx, context: ApplyContext, imports: readonly Import[]) => {
  const keys = await readSubjects(
    tx,
    context.place,
    imports.map(({ mapped }) => mapped.key),
  );
  const subjectOf = ({ mapped, entry }: Import): string | undefined =>
    keys.get(mapped.key) ?? entry.subject ?? undefined;
  const subjects = [...new Set(imports.flatMap((one) => subjectOf(one) ?? []))];
  const members = await readMembers(tx, subjects);
  const ids = [...subjects, ...[...members.values()].flat().map(({ individual }) => individual)];
  const registrants = ids.length > 0 ? await context.registry.load(ids, tx) : new Map();
  return imports.map((one) => {
    const subject = subjectOf(one);
    // Taken out of the registry for good, by hand: mapping it again must not bring it back.
    if (subject !== undefined && !registrants.has(subject)) return { one, household: undefined };
    const known = { subject, members: members.get(subject ?? '') ?? [], registrants };
    return { one, household: planHousehold(one.mapped, known, context.writer) };
  });
};

/** The day on which a submission last changed at Central, as far as our own day allows. */
const dayOfChange = ({ updated_at, submission_date }: Entry, today: string): string => {
  const day = (updated_at ?? submission_date).slice(0, 10);
  return day !== '' && day < today ? day : today;
};

const takeImports = async (tx: Tx, context: ApplyContext, imports: readonly Import[]): Promise<Applied[]> => {
  if (imports.length === 0) return [];
  const { registry, clock, place, writer } = context;
  const today = dayOf(clock());
  const now = toTimestamp(clock());
  const plans = await planAll(tx, context, imports);
  const households = plans.flatMap(({ household }) => household ?? []);
  const claims: Claims = await openClaims(tx, registry, households, today);
  const applied: Applied[] = [];
  const accepted: { readonly one: Import; readonly household: Household; readonly subject: string }[] = [];
  for (const { one, household: planned } of plans) {
    const { entry } = one;
    let household = planned;
    if (!household) {
      applied.push({ prepared: one, outcome: 'unchanged', letter: undefined, subject: entry.subject, household });
      continue;
    }
    let clash = claims.take(household);
    const apart = clash && (await withoutSharedId(tx, registry, place, entry, household, clash));
    if (apart) {
      household = apart;
      clash = claims.take(household);
    }
    if (!clash) accepted.push({ one, household, subject: household.registrants[0]?.id as string });
    else {
      const letter = letterOfClash(one, clash);
      applied.push({ prepared: one, outcome: 'parked', letter, subject: entry.subject, household: undefined });
    }
  }
  const days = {
    today,
    of: new Map(accepted.map(({ one, subject }) => [subject, dayOfChange(one.entry, today)])),
  };
  const changed = await writeHouseholds(
    tx,
    registry,
    accepted.map(({ household }) => household),
    days,
    writer,
  );
  const enrolled = await enrolNamed(
    tx,
    context,
    accepted.flatMap(({ household }) =>
      household.registrants.map(({ id, mapped }) => ({ id, programmes: mapped.programmes })),
    ),
  );
  await writeSubjects(tx, place, new Map(accepted.map(({ one, subject }) => [one.mapped.key, subject])));
  await writeMembers(
    tx,
    place.source,
    accepted.flatMap(({ household }) => household.members ?? []),
  );
  await replaceProposals(
    tx,
    place,
    accepted.flatMap(({ one, household }) =>
      household.registrants
        .filter(({ current }) => current)
        .map(({ id, proposals }) => ({ registrant: id, instanceId: one.entry.instance_id, proposals })),
    ),
    now,
  );
  for (const { one, household, subject } of accepted) {
    const isNews = changed.has(subject) || household.registrants.some(({ id }) => enrolled.has(id));
    const outcome = household.isNew
      ? 'created'
      : one.entry.retired === 1
        ? 'restored'
        : isNews
          ? 'updated'
          : 'unchanged';
    applied.push({ prepared: one, outcome, letter: undefined, subject, household });
  }
  return applied;
};

const settledOf = ({ prepared, outcome, letter, subject, household }: Applied, now: number) => {
  const { entry } = prepared;
  const settled: Settled & Pick<Entry, 'tries' | 'first_at'> = {
    id: entry.instance_id,
    outcome,
    subject,
    appliedEdits: household ? entry.edits : entry.applied_edits,
    retired: household ? false : prepared.do === 'retire' || entry.retired === 1,
    letter,
    askAt: askAgainAt({ ...entry, asked: 0 }, now),
    tries: entry.tries,
    first_at: entry.first_at,
  };
  return settled;
};

/**
 * Takes a batch of submissions in: people, households, what became of each submission, and the events of it, all in
 * the caller's transaction. Submissions that changed since they were prepared are left in the queue.
 */
export const applyBatch = async (
  tx: Tx,
  context: ApplyContext,
  batch: readonly Prepared[],
  after: readonly AfterApply[],
): Promise<readonly Applied[]> => {
  const { place, clock, source } = context;
  const waiting = await readClaims(
    tx,
    place,
    batch.map(({ entry }) => entry.instance_id),
  );
  const still = batch.filter(({ entry }) => waiting.get(entry.instance_id) === entry.fingerprint);
  const applied = await takeImports(tx, context, still.filter(isImport));
  const retired = still.filter(({ do: what }) => what === 'retire').map(({ entry }) => entry);
  await retire(tx, context, retired);
  for (const prepared of still) {
    const { entry } = prepared;
    const rest = { prepared, subject: entry.subject, household: undefined, letter: undefined };
    switch (prepared.do) {
      case 'import':
        break;
      case 'retire':
        applied.push({ ...rest, outcome: entry.retired === 1 ? 'unchanged' : 'retired' });
        break;
      case 'hold':
        applied.push({ ...rest, outcome: 'held' });
        break;
      case 'unchanged':
        applied.push({ ...rest, outcome: 'unchanged' });
        break;
      case 'park':
        applied.push({
          ...rest,
          outcome: 'parked',
          letter: { reason: prepared.reason, path: prepared.path, value: prepared.value },
        });
        break;
    }
  }
  await settleEntries(
    tx,
    place,
    { mappingVersion: source.mappingVersion, now: toTimestamp(clock()) },
    applied.map((one) => settledOf(one, clock())),
  );
  recordSubmissions(tx, context, applied);
  const imported = applied.flatMap(({ prepared, household }) =>
    household
      ? [{ instanceId: prepared.entry.instance_id, registrants: household.registrants.map(toAppliedRegistrant) }]
      : [],
  );
  for (const note of after) await note(tx, context, imported);
  return applied;
};

const toAppliedRegistrant = ({ id, draft, mapped }: Household['registrants'][number]) => ({
  id,
  kind: draft.kind,
  mapped,
});
