import { createHash } from 'node:crypto';
import type { Answers } from '../fake-central/index.ts';

/** One made-up submission: its instance id and what was entered, by the names of the form. */
export interface MadeUpSubmission {
  readonly id: string;
  readonly answers: Answers;
  /** Files the answers mention, with small made-up contents. */
  readonly files: Readonly<Record<string, Buffer>>;
}

const givenNames = [
  'Amina',
  'Kwame',
  'Zoë',
  'Łukasz',
  'Олена',
  '美玲',
  "O'Neil",
  'Mary-Jane',
  'Σοφία',
  'José',
  'Ngozi',
  'فاطمة',
  'Björn',
  'Thandiwe',
  '👩‍🌾 Rosa',
  'Đặng',
]; // prettier-ignore
const familyNames = [
  'Okafor',
  'García',
  'Шевченко',
  '王',
  'Moyo',
  'N’Diaye',
  'العلي',
  'Nguyễn',
  'Müller',
  'Banda',
  'Ødegård',
  'Silva',
]; // prettier-ignore
const districts = ['d01', 'd02', 'd03'];
const programmes = ['cash', 'food', 'school_meals'];
const relations = ['spouse', 'child', 'child', 'parent', 'other'];

type Random = () => number;

/** A small generator of even quality (mulberry32): the same numbers for the same seed, on every machine. */
const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const whole = (random: Random, below: number): number => Math.floor(random() * below);
const pick = <T>(random: Random, list: readonly T[]): T => list[whole(random, list.length)] as T;
const two = (value: number): string => String(value).padStart(2, '0');
const date = (random: Random, from: number, years: number): string =>
  `${from + whole(random, years)}-${two(1 + whole(random, 12))}-${two(1 + whole(random, 28))}`;

/** A version-4 UUID that follows from its name. */
const uuid = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const makeMember = (random: Random, serial: string, index: number, family: string): Answers => {
  const documents: Answers[] = [];
  if (random() < 0.35) documents.push({ doc_type: 'nid', doc_number: `0${serial}${two(index)}`, doc_photo: '' });
  if (random() < 0.1) documents.push({ doc_type: 'birth_cert', doc_number: `B${serial}${two(index)}`, doc_photo: '' });
  return {
    // The number keeps two members of one household apart, as a real pair of names and birth dates does.
    name: { given_name: `${pick(random, givenNames)} ${index + 1}`, family_name: random() < 0.05 ? '' : family },
    relation: index === 0 ? 'head' : pick(random, relations),
    sex: random() < 0.01 ? 'o' : pick(random, ['m', 'f']),
    dob: date(random, index === 0 ? 1940 : 1985, index === 0 ? 60 : 40),
    age_years: String(1 + whole(random, 80)),
    disabilities: random() < 0.1 ? 'seeing hearing' : '',
    document: documents,
  };
};

/**
 * Made-up households for the form of the demonstration, one by one: the same for the same seed, whatever the count.
 * Card and document numbers are unique within a seed. `files` lets a tenth of them carry a photo.
 */
export function* generateSubmissions(
  count: number,
  seed = 1,
  options: { readonly files?: boolean } = {},
): Generator<MadeUpSubmission> {
  for (let number = 1; number <= count; number += 1) {
    const random = seeded(seed * 1_000_003 + number);
    const serial = String(number).padStart(7, '0');
    const family = pick(random, familyNames);
    const day = date(random, 2026, 1);
    const size = random() < 0.02 ? 0 : 1 + whole(random, 5);
    const members = Array.from({ length: size }, (_, index) => makeMember(random, serial, index, family));
    const photo = options.files && random() < 0.1 ? `photo_${number}.png` : '';
    yield {
      id: `uuid:${uuid(`${seed}/${number}`)}`,
      files: photo ? { [photo]: Buffer.from(`made-up photo ${seed}/${number}`) } : {},
      answers: {
        start: `${day}T08:00:00.000+03:00`,
        end: `${day}T08:31:12.345+03:00`,
        deviceid: `collect:${whole(random, 9)}`,
        consent: 'yes',
        'hh-name': `${family} household ${number}`,
        card_no: `C${seed}-${serial}`,
        district: pick(random, districts),
        programmes: programmes.filter(() => random() < 0.4).join(' '),
        reg_date: random() < 0.05 ? '' : day,
        visit_time: `${day}T09:15:00.000+02:00`,
        rooms: String(whole(random, 9)),
        income: (random() * 1000).toFixed(2),
        location: random() < 0.1 ? '' : `${(random() * 40 - 20).toFixed(6)} ${(random() * 40).toFixed(6)} 12.5 4.2`,
        plot: '',
        photo,
        notes: random() < 0.2 ? 'line one\nline two – “quoted” & <tagged>' : '',
        head: { given_name: '', family_name: '', sex: '', dob: '', national_id: '' },
        members: { member: members },
        member_count: String(size),
        meta: { instanceName: `${family} household ${number} - C${seed}-${serial}`, entity: { label: '' } },
      },
    };
  }
}
