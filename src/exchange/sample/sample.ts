import type { Writable } from 'node:stream';
import { toIdentifierTypeUri } from '../../registry/index.ts';
import { writeLines } from '../write-lines.ts';
import { type Home, makeHome, type Person, toAddress, toIndividual } from './people.ts';
import { type Random, seededRandom } from './random.ts';
import { regions } from './regions.ts';

export interface SampleOptions {
  readonly individuals: number;
  readonly households: number;
  /** The same numbers and the same seed give the same bytes. */
  readonly seed: number;
}

const MAX_HOUSEHOLD = 9;

const roles = { head: 'Head', spouse: 'Spouse', child: 'Child', other: 'Other' } as const;
type Role = keyof typeof roles;

/** Head first, then perhaps a spouse of the other sex and about the same age, then children young enough. */
const makeMembers = (random: Random, ids: readonly string[]): (Person & { readonly role: Role })[] => {
  const head = { sex: random.chance(0.45) ? 'female' : 'male', age: random.between(24, 72) } as const;
  const married = ids.length > 1 && random.chance(0.7);
  return ids.map((nationalId, i) => {
    if (i === 0) return { nationalId, ...head, role: 'head' };
    if (i === 1 && married) {
      const age = Math.max(19, head.age + random.between(-6, 6));
      return { nationalId, sex: head.sex === 'male' ? 'female' : 'male', age, role: 'spouse' };
    }
    const sex = random.chance(0.5) ? 'female' : 'male';
    if (random.chance(0.12)) return { nationalId, sex, age: random.between(19, 88), role: 'other' };
    return { nationalId, sex, age: random.between(0, Math.min(30, head.age - 18)), role: 'child' };
  });
};

const reference = (nationalId: string): string => `Individual/${toIdentifierTypeUri('national_id')}|${nationalId}`;

const toHousehold = (
  random: Random,
  id: string,
  home: Home,
  members: readonly { nationalId: string; role: Role }[],
) => ({
  type: 'Group',
  identifier: [{ system: toIdentifierTypeUri('household_id'), value: id }],
  active: true,
  groupType: 'household',
  name: home.family,
  member: members.map(({ nationalId, role }) => ({
    entity: { reference: reference(nationalId) },
    role: { coding: [{ system: 'urn:openspp:vocab:group-membership-type', code: role, display: roles[role] }] },
  })),
  address: [toAddress(home)],
  location: {
    latitude: Number((home.place.latitude + random.next() * 0.1).toFixed(5)),
    longitude: Number((home.place.longitude + random.next() * 0.1).toFixed(5)),
  },
  extension: { rooms: random.between(1, 6), water_source: random.pick(['piped', 'well', 'river', 'tanker']) },
});

const makeLines = function* ({ individuals, households, seed }: SampleOptions): Generator<string> {
  const random = seededRandom(seed);
  // Files of different seeds may be imported one after the other without meeting the same people.
  const series = String(1000 + (((seed % 9000) + 9000) % 9000));
  const idOf = (index: number): string => `${series}${String(index + 1).padStart(8, '0')}`;
  const typical = households === 0 ? 0 : individuals / households;
  let used = 0;
  for (let h = 0; h < households; h += 1) {
    const home = makeHome(random, random.pick(regions));
    const wanted = Math.round(typical + (random.next() + random.next() - 1) * Math.min(3, typical));
    const left = individuals - used;
    // Leave one person for each household still to come, where there are enough.
    const free = Math.max(Math.min(left, 1), left - (households - h - 1));
    const size = Math.min(free, MAX_HOUSEHOLD, Math.max(1, wanted));
    const ids = Array.from({ length: size }, (_, i) => idOf(used + i));
    used += size;
    const members = makeMembers(random, ids);
    for (const member of members) yield JSON.stringify(toIndividual(random, member, home));
    yield JSON.stringify(toHousehold(random, `HH-${idOf(h)}`, home, members));
  }
  // People who belong to no household: there are always some.
  for (; used < individuals; used += 1) {
    const home = makeHome(random, random.pick(regions));
    const sex = random.chance(0.5) ? 'female' : 'male';
    yield JSON.stringify(toIndividual(random, { nationalId: idOf(used), sex, age: random.between(18, 85) }, home));
  }
};

/** Writes made-up people and households as NDJSON that `import` takes; each household follows its members. */
export const sampleTo = async (options: SampleOptions, stream: Writable): Promise<void> => {
  await writeLines(stream, makeLines(options));
};
