import { fold } from '../../core/text.ts';
import type { Draft } from '../../registry/index.ts';
import type { Likeness } from '../members.store.ts';

export const likenessOf = (draft: Draft): Likeness => {
  if (draft.kind !== 'individual') return { given: '', family: '', birthDate: '' };
  return { given: draft.name?.given ?? '', family: draft.name?.family ?? '', birthDate: draft.birthDate ?? '' };
};

const bigrams = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));

/** How alike two words are, 0 to 1: shared pairs of letters (Dice). */
const alike = (a: string, b: string): number => {
  if (a === b) return 1;
  const left = bigrams(a);
  const right = bigrams(b);
  if (left.length === 0 || right.length === 0) return 0;
  let shared = 0;
  for (const pair of left) {
    const at = right.indexOf(pair);
    if (at < 0) continue;
    right.splice(at, 1);
    shared += 1;
  }
  return (2 * shared) / (left.length + right.length + shared);
};

const named = ({ given, family }: Likeness): { given: string; family: string; words: string } => {
  const [first, last] = [fold(given).trim(), fold(family).trim()];
  return { given: first, family: last, words: `${first} ${last}`.trim().split(/\s+/).sort().join(' ') };
};

const alikeNames = (a: Likeness, b: Likeness): number => {
  const [left, right] = [named(a), named(b)];
  if (left.words === '' || right.words === '') return 0;
  // Given and family name changed places.
  if (left.words === right.words) return 1;
  if (left.family === '' || right.family === '') return alike(left.words, right.words);
  // The given name tells members of one household apart; the family name hardly does.
  return 0.6 * alike(left.given, right.given) + 0.4 * alike(left.family, right.family);
};

const alikeDates = (a: string, b: string): number => {
  if (a === '' || b === '') return 0.5;
  if (a === b) return 1;
  const [left, right] = [a.split('-'), b.split('-')];
  const same = left.filter((part, at) => part === right[at]).length;
  const swapped = left[0] === right[0] && left[1] === right[2] && left[2] === right[1];
  return same === 2 || swapped ? 0.6 : 0;
};

/** From here on two accounts are taken for one person; below it, for two. */
export const SAME_PERSON = 0.75;

/** How likely two accounts of a household's member are of one person, 0 to 1: by name, then by birth date. */
export const likelihood = (a: Likeness, b: Likeness): number => {
  const names = alikeNames(a, b);
  const dates = alikeDates(a.birthDate, b.birthDate);
  // In one household the same whole name is more often a date put right than another person.
  return 0.6 * names + 0.4 * (names === 1 ? Math.max(dates, 0.4) : dates);
};
