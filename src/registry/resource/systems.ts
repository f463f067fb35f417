import { seededIdentifierTypes, toIdentifierType } from '../identifier-types.ts';

/** The URIs under which API V2 names its vocabularies (api-v2.md §7), and the words shown for closed ones. */
export const ID_TYPE_SYSTEM = 'urn:openspp:vocab:id-type';
export const MEMBERSHIP_SYSTEM = 'urn:openspp:vocab:group-membership-type';
export const GENDER_SYSTEM = 'urn:iso:std:iso:5218';

/** ISO 5218 with its English words. */
export const sexes = { '0': 'Not known', '1': 'Male', '2': 'Female', '9': 'Not applicable' } as const;
export type Sex = keyof typeof sexes;

/** Codes as they may be written by hand: a word or the code itself. */
export const sexByWord: ReadonlyMap<string, Sex> = new Map<string, Sex>([
  ...(Object.entries(sexes) as [Sex, string][]).flatMap(
    ([code, word]) =>
      [
        [code, code],
        [word.toLowerCase(), code],
      ] as [string, Sex][],
  ),
  ['unknown', '0'],
  ['not_known', '0'],
  ['other', '9'],
  ['not_applicable', '9'],
]);

/** Says which code of the identifier vocabulary a system names; `undefined` when it names none. */
export type ReadSystem = (system: string) => string | undefined;

// A code stands in URIs, in CSV headings and before `|`: it holds nothing that means something there.
const CODE = /^[^\s|#/:[\]\p{C}](?:[^|#/:[\]\p{C}]{0,98}[^\s|#/:[\]\p{C}])?$/u;
const seeded = new Set(seededIdentifierTypes);
const prefix = `${ID_TYPE_SYSTEM}#`;

// The same few systems come with every record of a file.
const known = new Map<string, string>();

/**
 * Reads the URI of a type, or its bare code (a DCI name too: `UIN` is `national_id`). Whether a code is in use is the
 * caller's question: an import brings its types along, a client of the API must not invent them. Another URI is
 * nobody's type: only an alias table could explain it.
 */
export const readIdTypeSystem: ReadSystem = (system) => {
  const found = known.get(system);
  if (found !== undefined) return found;
  const code = system.toLowerCase().startsWith(prefix) ? system.slice(prefix.length) : system;
  if (!CODE.test(code)) return undefined;
  const type = toIdentifierType(code);
  const read = seeded.has(type) ? type : code;
  if (known.size < 1000) known.set(system, read);
  return read;
};

const words = (code: string): string => code.replace(/[_-]+/g, ' ');

/** `foster_child` → `Foster child`, where no vocabulary gives better words. */
export const toDisplay = (code: string): string => words(code).replace(/^./u, (letter) => letter.toUpperCase());
