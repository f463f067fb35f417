/** The URIs under which API V2 names its vocabularies (api-v2.md §7), and the words shown for closed ones. */
export const ID_TYPE_SYSTEM = 'urn:openspp:vocab:id-type';
export const MEMBERSHIP_SYSTEM = 'urn:openspp:vocab:group-membership-type';
export const GENDER_SYSTEM = 'urn:iso:std:iso:5218';

/** The type of the identifier every registrant has for life: its own id. */
export const SYSTEM_ID = 'system_id';

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

/** `national_id` → `urn:openspp:vocab:id-type#national_id`. */
export const toIdTypeSystem = (code: string): string => `${ID_TYPE_SYSTEM}#${code}`;

/** Says which code of the identifier vocabulary a system names; `undefined` when it names none. */
export type ReadSystem = (system: string) => string | undefined;

// A code stands in URIs, in CSV headings and between `|`: nothing that means something there.
const CODE = /^[\p{L}\p{N}][\p{L}\p{N}_.:-]{0,63}$/u;

/**
 * Reads the URI of a type, or its bare code. Whether the code is known is the caller's question: an import brings its
 * types along, a client of the API must not invent them.
 */
export const readIdTypeSystem: ReadSystem = (system) => {
  const hash = system.indexOf('#');
  const code = hash >= 0 && system.slice(0, hash).toLowerCase() === ID_TYPE_SYSTEM ? system.slice(hash + 1) : system;
  // A bare code has no colon: with one it is some other URI, which only an alias table could explain.
  if (hash < 0 && code.includes(':')) return undefined;
  return CODE.test(code) ? code : undefined;
};

const words = (code: string): string => code.replace(/[_-]+/g, ' ');

/** `foster_child` → `Foster child`, where no vocabulary gives better words. */
export const toDisplay = (code: string): string => words(code).replace(/^./u, (letter) => letter.toUpperCase());
