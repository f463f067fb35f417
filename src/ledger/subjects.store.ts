import type { Profile } from '../storage/index.ts';
import { SUBJECT_BYTES } from './subjects.ts';

/** The people that one entry names, as keyed hashes, each once, one behind the other. */
export interface NamedSubjects {
  readonly seq: number;
  readonly subjects: Buffer;
}

// From so many on they are kept in one piece, and searched by reading it: an index has a page to write for nearly each
// of them, while such messages are few enough to read them all when somebody is to be found.
const MANY = 32;

const isLong = ({ subjects }: NamedSubjects): boolean => subjects.length >= MANY * SUBJECT_BYTES;

/** Those whose subjects have a row each, in `ledger_subjects`: one by one. */
export const namedOneByOne = (
  named: readonly NamedSubjects[],
): readonly { readonly seq: number; readonly subject: Buffer }[] =>
  named
    .filter((entry) => !isLong(entry))
    .flatMap(({ seq, subjects }) =>
      Array.from({ length: subjects.length / SUBJECT_BYTES }, (_, i) => ({
        seq,
        subject: subjects.subarray(i * SUBJECT_BYTES, (i + 1) * SUBJECT_BYTES),
      })),
    );

/** Those whose subjects stand in one row, in `ledger_subject_lists`. */
export const namedInOne = (named: readonly NamedSubjects[]): readonly NamedSubjects[] => named.filter(isLong);

/** The condition that a row of `ledger_subject_lists` holds a subject; bind the subject. */
export const listHolds = ({ name }: Profile): string =>
  name === 'sqlite' ? 'instr(subjects, ?) > 0' : 'position(?::bytea in subjects) > 0';
