import type { Profile } from '../storage/index.ts';

/** The people that one entry names, as keyed hashes, each once. */
export interface NamedSubjects {
  readonly seq: number;
  readonly subjects: readonly Buffer[];
}

// From so many on they are kept in one piece, and searched by reading it: an index has a page to write for nearly each
// of them, while such messages are few enough to read them all when somebody is to be found.
const MANY = 32;

/** Those whose subjects have a row each, in `ledger_subjects`. */
export const namingFew = (named: readonly NamedSubjects[]): readonly NamedSubjects[] =>
  named.filter(({ subjects }) => subjects.length < MANY);

/** Those whose subjects stand in one row, in `ledger_subject_lists`. */
export const namingMany = (
  named: readonly NamedSubjects[],
): readonly { readonly seq: number; readonly list: Buffer }[] =>
  named
    .filter(({ subjects }) => subjects.length >= MANY)
    .map(({ seq, subjects }) => ({ seq, list: Buffer.concat(subjects) }));

/** The condition that a row of `ledger_subject_lists` holds a subject; bind the subject. */
export const listHolds = ({ name }: Profile): string =>
  name === 'sqlite' ? 'instr(subjects, ?) > 0' : 'position(?::bytea in subjects) > 0';
