import { isEqualJson } from '../../core/equal.ts';
import type { Programmes } from '../../programmes/index.ts';
import { type Draft, type Kinship, type Registry, toDraft, type Writer } from '../../registry/index.ts';
import type { IdentifierKey } from '../../registry/resource/index.ts';
import type { Tx } from '../../storage/index.ts';
import { newAttributes } from './attributes.ts';
import { enrolNoted, type Noted } from './enrol.ts';
import type { IncomingLine, IncomingRecord } from './incoming.ts';
import { type Member, type MembershipPlan, planMemberships } from './memberships.ts';
import { failed, type Outcome } from './outcome.ts';
import { claimsOf, keyOf, layOver, type Slot } from './slots.ts';
import { createWho, type Holder, type Who } from './who.ts';

/** Whom the feed and the provenance name for what an import of a file wrote. */
const WRITER: Writer = 'import';

type Change = 'created' | 'updated' | 'unchanged';

/** The identifiers that lines claim or refer to, each once. */
export const identifiersOf = (lines: readonly IncomingLine[], today: string): readonly IdentifierKey[] => {
  const asked = new Map<string, IdentifierKey>();
  const ask = (identifier: IdentifierKey): void => {
    asked.set(keyOf(identifier), identifier);
  };
  for (const { people, group } of lines) {
    for (const record of group ? [...people, group] : people) claimsOf(record, today).forEach(ask);
    for (const { whom } of group?.members ?? []) if ('references' in whom) whom.references.forEach(ask);
  }
  return [...asked.values()];
};

/** What the registry knows of everybody that the batch names, in few statements. */
const readKnown = async (registry: Registry, tx: Tx, lines: readonly IncomingLine[], today: string) => {
  const asked = identifiersOf(lines, today);
  const found = await registry.holders(asked, tx);
  const holders = new Map<string, Holder>();
  const groups = new Set<string>();
  asked.forEach((identifier, i) => {
    const holder = found[i];
    if (!holder) return;
    holders.set(keyOf(identifier), holder);
    if (holder.kind === 'group') groups.add(holder.id);
  });
  const named = lines.some(({ group }) => group?.members !== undefined);
  const kinships = named ? await registry.kinships([...groups], { ended: true }, tx) : new Map<string, Kinship[]>();
  const stored = new Map(await registry.load([...new Set([...holders.values()].map(({ id }) => id))], tx));
  for (const list of kinships.values()) for (const { other } of list) stored.set(other.id, other);
  return { holders, stored, kinships };
};

/** Works out one line against the slots of the batch. Changes nothing before all that the line names is found. */
const createApplyLine = (
  who: Who,
  memberships: MembershipPlan,
  put: (id: string, record: IncomingRecord) => Change,
) => {
  const applyPerson = (line: number, person: IncomingRecord): Outcome => {
    const id = who.identify(person);
    if (typeof id !== 'string') return failed(line, id.fault);
    who.learn(person, id);
    return { line, is: put(id, person) };
  };

  const applyGroup = ({ line, people, group }: IncomingLine & Required<Pick<IncomingLine, 'group'>>): Outcome => {
    const groupId = who.identify(group);
    if (typeof groupId !== 'string') return failed(line, groupId.fault);
    const ids: string[] = [];
    for (const [i, person] of people.entries()) {
      const id = who.identifyMember(person, groupId);
      if (typeof id !== 'string') return failed(line, `/member/${i} ${id.fault}`);
      ids.push(id);
    }
    const members: Member[] = [];
    for (const [i, { whom, ...rest }] of (group.members ?? []).entries()) {
      const holder =
        'person' in whom ? { id: ids[whom.person] as string, kind: 'individual' } : who.find(whom.references);
      if (!holder) return { line, is: 'waits', reason: `/member/${i}/entity nobody has this identifier` };
      if (holder.kind !== 'individual') return failed(line, `/member/${i}/entity this is no individual`);
      members.push({ individualId: holder.id, ...rest });
    }
    const outcomes = people.map((person, i) => {
      who.learn(person, ids[i] as string, groupId);
      return put(ids[i] as string, person);
    });
    who.learn(group, groupId);
    const own = put(groupId, group);
    const joined = memberships.add(groupId, members);
    const also = joined || outcomes.some((one) => one !== 'unchanged');
    return { line, is: own === 'unchanged' && also ? 'updated' : own };
  };

  return ({ line, people, group }: IncomingLine): Outcome => {
    if (group) return applyGroup({ line, people, group });
    const [person] = people;
    return person ? applyPerson(line, person) : failed(line, 'the line holds no registrant');
  };
};

/**
 * Writes the lines of one batch in the caller's transaction and says what became of each.
 *
 * A line is matched with a registrant by any of its identifiers in force; two lines of one person change one person.
 * A line that cannot go in leaves the others alone; what only the database can refuse (somebody took an identifier
 * meanwhile) fails the batch, and the caller tries smaller ones.
 */
export const applyBatch = async (
  { registry, programmes }: { readonly registry: Registry; readonly programmes: Programmes },
  tx: Tx,
  lines: readonly IncomingLine[],
  today: string,
  writer: Writer = WRITER,
): Promise<readonly Outcome[]> => {
  const { holders, stored, kinships } = await readKnown(registry, tx, lines, today);
  const slots = new Map<string, Slot>();
  const noted: Noted[] = [];
  const put = (id: string, record: IncomingRecord): Change => {
    const known = slots.get(id);
    const current = stored.get(id);
    const base: Draft | undefined = known?.draft ?? (current && toDraft(current));
    const draft = layOver(base, record);
    const changed = !base || !isEqualJson(base, draft);
    slots.set(id, { id, isNew: !current, draft, changed: changed || (known?.changed ?? false) });
    if (record.programme !== undefined || record.enrolments) {
      const isNews = !isEqualJson(base?.sections ?? {}, draft.sections ?? {});
      const isTold = !isEqualJson(base?.sections?.benefit ?? {}, draft.sections?.benefit ?? {});
      noted.push({ id, record, isNews, isTold });
    }
    return base ? (changed ? 'updated' : 'unchanged') : 'created';
  };

  const memberships = planMemberships(kinships, today);
  const apply = createApplyLine(createWho(holders, kinships, today), memberships, put);
  // People first, wherever they stand in the batch: its groups may name them.
  const ordered = [...lines.filter(({ group }) => !group), ...lines.filter(({ group }) => group)];
  const outcomes = ordered.map(apply);

  const changed = [...slots.values()].filter((slot) => slot.changed);
  await registry.registerAttributes(tx, newAttributes(registry.catalogue, changed));
  await registry.saveTogether(
    tx,
    changed.map(({ id, isNew, draft }) => (isNew ? { newId: id, draft } : { id, draft })),
    memberships.requests(),
    writer,
  );
  const enrolled = await enrolNoted(programmes, tx, noted, writer);
  return outcomes.map((outcome, i) => {
    const { people = [], group } = ordered[i] ?? {};
    const isPut = (group && enrolled.has(group)) || people.some((person) => enrolled.has(person));
    return outcome.is === 'unchanged' && isPut ? { ...outcome, is: 'updated' } : outcome;
  });
};
