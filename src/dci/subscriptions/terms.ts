import type { Catalogue } from '../../registry/attributes.ts';
import { SYSTEM_ID, toIdentifierType, toKey, valuesOf } from '../../registry/index.ts';
import type { Kind, Registrant } from '../../registry/model.ts';
import type { Comparison, Query, Scalar } from '../../registry/query/ast.ts';

/**
 * A term is a fact that a registrant either has or has not, as text: an identifier, or a value of an attribute. A
 * filter that can hold only for registrants with one of a few terms is looked up by them; ten thousand such filters
 * then cost no more than the handful that are looked up.
 */
const identifierTerm = (type: string, value: string): string => `i\u0000${type}\u0000${value}`;
const valueTerm = (attribute: string, key: string | number): string => `a\u0000${attribute}\u0000${key}`;

const ANY = '*';
// A filter with more alternatives is looked at each time: its terms would fill the index.
const MAX_TERMS = 50;

export type TypesFor = (name: string) => readonly string[];

const ofComparison = ({ attribute, is, value }: Comparison): readonly string[] | undefined => {
  if (is !== 'eq' && is !== 'in') return undefined;
  const values = (is === 'in' ? value : [value]) as readonly Scalar[];
  return values.flatMap((one) => {
    const key = toKey(one);
    return key === undefined ? [] : [valueTerm(attribute, key)];
  });
};

const ofIdentifier = (type: string | undefined, value: string, typesFor: TypesFor): readonly string[] => {
  const own = identifierTerm(SYSTEM_ID, value.toLowerCase());
  if (type === undefined) return [identifierTerm(ANY, value), own];
  return typesFor(type).map((one) => (one === SYSTEM_ID ? own : identifierTerm(one, value)));
};

/**
 * Terms of which a registrant must have at least one for the question to hold; `undefined` when there are no such
 * few. What has one may still not fit: the question itself decides.
 */
export const neededTerms = (query: Query, typesFor: TypesFor): readonly string[] | undefined => {
  switch (query.op) {
    case 'none':
      return [];
    case 'compare':
      return ofComparison(query);
    case 'identifier':
      return ofIdentifier(query.type, query.value, typesFor);
    case 'and': {
      const lists = query.of.map((part) => neededTerms(part, typesFor)).filter((terms) => terms !== undefined);
      return lists.sort((a, b) => rank(a) - rank(b))[0];
    }
    case 'or': {
      const lists = query.of.map((part) => neededTerms(part, typesFor));
      if (lists.some((terms) => terms === undefined)) return undefined;
      const terms = lists.flatMap((list) => list ?? []);
      return terms.length <= MAX_TERMS ? terms : undefined;
    }
    default:
      return undefined;
  }
};

/** Identifiers belong to one registrant, values to many: the fewer are found by a term, the better it is. */
const rank = (terms: readonly string[]): number =>
  terms.length + (terms.some((term) => term.startsWith('a')) ? MAX_TERMS : 0);

/** The attribute that a term is about, if it is one of an attribute. */
export const attributeOf = (term: string): string | undefined => {
  const [sort, attribute] = term.split('\u0000');
  return sort === 'a' ? attribute : undefined;
};

/** The terms that a registrant has: its identifiers, and its values of the given attributes. */
export const termsOf = (
  registrant: Registrant,
  attributes: Iterable<string>,
  context: { readonly catalogue: Catalogue; readonly today: string },
): ReadonlySet<string> => {
  const terms = new Set<string>([identifierTerm(SYSTEM_ID, registrant.id)]);
  for (const { type, value } of registrant.identifiers) {
    terms.add(identifierTerm(toIdentifierType(type), value)).add(identifierTerm(ANY, value));
  }
  const kind: Kind = registrant.kind;
  for (const name of attributes) {
    const attribute = context.catalogue.find(kind, name);
    if (!attribute) continue;
    for (const key of valuesOf(attribute, registrant, context.today)) terms.add(valueTerm(name, key));
  }
  return terms;
};
