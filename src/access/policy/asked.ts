import { createCatalogue, createTypeSearch } from '../../registry/index.ts';
import type { Query, Sort } from '../../registry/query/ast.ts';

const IDENTIFIER = 'identifier';
const OPEN = 'attributes.';

// Without the attributes of a deployment, whose names may be anything: those go by `attributes.NAME` in a policy.
const known = createCatalogue([]);
const typesOf = createTypeSearch();

/** Whether the catalogue has the name from the start, for people or for groups. */
const isKnown = (name: string): boolean =>
  known.find('individual', name) !== undefined || known.find('group', name) !== undefined;

/** What a type of identifiers means, whichever of its names is used: `UIN`, `NIN` and `national_id` are one. */
const typed = (type: string): string => `${IDENTIFIER}.${typesOf(type).at(-1) ?? type}`;

/** The word of a policy for an attribute of the catalogue. */
const attributeWord = (name: string): string => (isKnown(name) || name.startsWith(OPEN) ? name : `${OPEN}${name}`);

/**
 * A word of a policy in the form in which `askedOf` writes what is asked; `undefined` for a word that names nothing
 * that could be asked about.
 */
export const toAttributeWord = (word: string): string | undefined => {
  if (word === IDENTIFIER || isKnown(word)) return word;
  if (word.startsWith(`${IDENTIFIER}.`) && word.length > IDENTIFIER.length + 1) return typed(word.slice(11));
  if (word.startsWith(OPEN) && word.length > OPEN.length) return word;
  return undefined;
};

const gather = (query: Query, words: Set<string>): void => {
  switch (query.op) {
    case 'all':
    case 'none':
      return;
    case 'and':
    case 'or':
      for (const one of query.of) gather(one, words);
      return;
    case 'not':
    case 'member':
      gather(query.of, words);
      return;
    case 'compare':
    case 'exists':
      words.add(attributeWord(query.attribute));
      return;
    case 'identifier':
      words.add(query.type === undefined ? IDENTIFIER : typed(query.type));
  }
};

/** Everything that an answer to a question could tell about, in the words of policies: the order tells, too. */
export const askedOf = (query: Query | undefined, sort: readonly Sort[] = []): ReadonlySet<string> => {
  const words = new Set<string>();
  if (query) gather(query, words);
  for (const { attribute } of sort) words.add(attributeWord(attribute));
  return words;
};

/** Whether a list of words allows a word; `identifier` allows identifiers of every type. */
export const allowsWord = (allowed: readonly string[], word: string): boolean =>
  allowed.includes(word) || (word.startsWith(`${IDENTIFIER}.`) && allowed.includes(IDENTIFIER));
