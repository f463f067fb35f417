import { isObject } from '../../src/core/json.ts';
import type { Answers, FakeForm, Submission } from '../../src/demo/fake-central/index.ts';
import { generateSubmissions, type MadeUpSubmission } from '../../src/demo/household-registration/generate.ts';
import { type Registrant, toDraft } from '../../src/registry/index.ts';
import { type Importer, membersOf } from './support.ts';

export type Random = () => number;

/** mulberry32: the same numbers for the same seed. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];

const membersIn = (answers: Answers): Answers[] => {
  const group = answers['members'];
  const list = isObject(group) ? group['member'] : [];
  return Array.isArray(list) ? (list as Answers[]) : [];
};

const newest = (submission: Submission): Answers => submission.current.at(-1)?.answers ?? {};

/** What an editor does to a household: somebody leaves, comes, comes back, changes name; a number is corrected. */
const edited = (random: Random, submission: Submission, serial: string): Answers => {
  const answers = newest(submission);
  const members = membersIn(answers);
  const [head, ...others] = members;
  const first = submission.versions[0]?.answers ?? {};
  switch (Math.floor(random() * 6)) {
    case 0:
      return { ...answers, members: { member: head ? [head, ...others.slice(1)] : [] } };
    case 1: {
      const name = { given_name: `Newborn ${serial}`, family_name: 'Banda' };
      const born = {
        name,
        relation: 'child',
        sex: 'f',
        dob: '2026-01-02',
        age_years: '0',
        disabilities: '',
        document: [],
      };
      return head ? { ...answers, members: { member: [...members, born] } } : answers;
    }
    case 2:
      return { ...answers, 'hh-name': `Renamed ${serial}`, rooms: '7' };
    case 3:
      // Whoever left is there again.
      return { ...answers, members: { member: membersIn(first) } };
    case 4:
      return { ...answers, members: { member: [...members].reverse() } };
    default:
      return {
        ...answers,
        members: { member: members.map((one, at) => (at === 1 ? { ...one, sex: 'm', dob: '1999-09-09' } : one)) },
      };
  }
};

const states = [null, 'approved', 'rejected', 'hasIssues', 'edited'] as const;

/** One change that people make at Central; some take their stamp now and are seen only later. */
export const changeSomething = (
  random: Random,
  form: FakeForm,
  made: Generator<MadeUpSubmission>,
  held: Set<string>,
): void => {
  const held_ = random() < 0.25;
  const all = form.submissions.filter(({ id }) => !held.has(id));
  const live = all.filter(({ deletedAt }) => deletedAt === null);
  const dead = all.filter(({ deletedAt }) => deletedAt !== null);
  const one = pick(random, live);
  const hold = (id: string): void => {
    if (held_) held.add(id);
  };
  const dice = random();
  if (dice < 0.35 || !one) {
    const { value } = made.next();
    if (!value) return;
    const late = random() < 0.5;
    form.submit(value.answers, { id: value.id, held: held_, ...(late ? {} : { files: value.files }) });
    hold(value.id);
  } else if (dice < 0.6) {
    form.edit(one.id, edited(random, one, String(form.submissions.length)), { held: held_ });
    hold(one.id);
  } else if (dice < 0.72) {
    form.review(one.id, pick(random, states) ?? null, { held: held_ });
    hold(one.id);
  } else if (dice < 0.82) {
    form.remove(one.id, { held: held_ });
    hold(one.id);
  } else if (dice < 0.9) {
    const again = pick(random, dead);
    if (again) form.restore(again.id);
  } else {
    const missing = live.flatMap((row) =>
      form
        .expectedFiles(row)
        .filter((name) => !row.files.has(name))
        .map((name) => ({ id: row.id, name })),
    );
    const file = pick(random, missing);
    if (file) form.attach(file.id, file.name, Buffer.from(`late ${file.id}`));
  }
};

/** Made-up households whose document numbers are of their seed alone: all runs share one registry. */
export function* householdsOfSeed(seed: number): Generator<MadeUpSubmission> {
  for (const one of generateSubmissions(1000, seed, { files: true })) {
    const text = JSON.stringify(one.answers).replaceAll('"doc_number":"', `"doc_number":"${seed}-`);
    yield { ...one, answers: JSON.parse(text) as Answers };
  }
}

const essence = (registrant: Registrant): object => {
  const { identifiers, ...draft } = toDraft(registrant);
  const sorted = [...identifiers].sort((a, b) => (`${a.type}${a.value}` < `${b.type}${b.value}` ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...draft, identifiers: sorted }));
};

const nameOf = (person: object): string => {
  const { name, birthDate } = person as { name?: { given?: string; family?: string }; birthDate?: string };
  return `${name?.given} ${name?.family} ${birthDate}`;
};

/** What the registry says of a household, without what depends on when it was told: ids, versions, who left before. */
export const portraitOf = async (importer: Importer, household: Registrant): Promise<unknown> => {
  const kin = (await membersOf(importer, household)).filter(({ membership }) => membership.live);
  const members = kin
    .map(({ membership, other }) => ({ roles: membership.roles, ...essence(other) }))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return { household: essence(household), members };
};
