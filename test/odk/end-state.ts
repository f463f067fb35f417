import { silentLogger } from '../../src/core/log.ts';
import { createProgrammes } from '../../src/programmes/index.ts';
import { createRegistry, type Registrant, readFeed, toDraft } from '../../src/registry/index.ts';
import { type Database, rowsOf } from '../../src/storage/index.ts';

const sorted = <T>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** What two imports of the same submissions have to agree on, whatever happened to the processes that made them. */
export interface EndState {
  /** Each with its members, past ones too, their identifiers and the periods of their memberships. */
  readonly households: readonly unknown[];
  /** Everybody, also who is in no household. */
  readonly people: readonly unknown[];
  readonly enrolments: readonly unknown[];
  readonly deadLetters: readonly unknown[];
  /** How many submissions came to which end. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How many changes of each type the feed tells: what was done twice shows here, even where it left no trace. */
  readonly told: Readonly<Record<string, number>>;
}

/** Reads everything that an import left, without what differs between any two: ids, versions, moments of recording. */
export const endState = async (db: Database): Promise<EndState> => {
  const registry = createRegistry({ db, clock: Date.now, log: silentLogger });
  const programmes = createProgrammes({ db, registry, clock: Date.now });
  const essence = (one: Registrant): object => {
    const { identifiers, ...draft } = toDraft(one);
    return { ...draft, identifiers: sorted(identifiers) };
  };
  const nameOf = (one: Registrant): unknown =>
    one.kind === 'group' ? one.identifiers.map(({ value }) => value).sort() : [one.name, one.birthDate];

  const households: unknown[] = [];
  const people: unknown[] = [];
  const enrolments: unknown[] = [];
  const codes = await registryCodes(db);
  for (const kind of ['group', 'individual'] as const) {
    for await (const page of registry.walk(kind)) {
      const ids = page.map(({ id }) => id);
      const byId = new Map(page.map((one) => [one.id, one]));
      for (const { registrantId, programmeId, version: _, ...rest } of await programmes.enrolmentsOf(ids)) {
        enrolments.push([nameOf(byId.get(registrantId) as Registrant), codes.get(programmeId), rest]);
      }
      if (kind === 'individual') people.push(...page.map(essence));
      else {
        const kin = await registry.kinships(ids, { ended: true });
        for (const one of page) {
          const members = (kin.get(one.id) ?? []).map(({ membership, other }) => {
            const { groupId, individualId, ...rest } = membership;
            return { ...rest, person: essence(other) };
          });
          households.push({ ...essence(one), members: sorted(members) });
        }
      }
    }
  }
  const letters = await db.read((reader) =>
    rowsOf(
      reader,
      'select instance_id, reason, path, value, tries from odk_submissions where reason is not null order by instance_id',
    ),
  );
  const outcomes = await db.read((reader) =>
    rowsOf<{ outcome: string | null; retired: number; n: number }>(
      reader,
      'select outcome, retired, count(*) as n from odk_submissions group by outcome, retired',
    ),
  );
  const told: Record<string, number> = {};
  const feed = await db.read((reader) => readFeed(reader, 0, 1_000_000));
  for (const { type } of feed) told[type] = (told[type] ?? 0) + 1;
  return {
    households: sorted(households),
    people: sorted(people),
    enrolments: sorted(enrolments),
    deadLetters: letters,
    outcomes: Object.fromEntries(
      outcomes.map(({ outcome, retired, n }) => [`${outcome} ${retired}`, Number(n)]).sort(),
    ),
    told: Object.fromEntries(Object.entries(told).sort()),
  };
};

const registryCodes = async (db: Database): Promise<ReadonlyMap<string, string>> => {
  const rows = await db.read((reader) =>
    rowsOf<{ id: string; identifier: string }>(reader, 'select id, identifier from programmes'),
  );
  return new Map(rows.map(({ id, identifier }) => [id, identifier]));
};
