import type { Catalogue } from '../../registry/attributes.ts';
import { type Key, SYSTEM_ID, toIdentifierType, toKey, valuesOf } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
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

/** What a registrant needs for a filter to hold: one of a few terms, or a value on one side of a bound. */
export type Guard =
  | { readonly by: 'terms'; readonly terms: readonly string[] }
  | { readonly by: 'bound'; readonly attribute: string; readonly side: Side; readonly key: Key };

/** On which side of the bound the values lie that a filter holds for. */
export type Side = 'below' | 'above';

const termGuard = (terms: readonly string[]): Guard => ({ by: 'terms', terms });

const ofComparison = ({ attribute, is, value }: Comparison): Guard | undefined => {
  if (is === 'eq' || is === 'in') {
    const values = (is === 'in' ? value : [value]) as readonly Scalar[];
    const keys = values.map(toKey).filter((key) => key !== undefined);
    return termGuard(keys.map((key) => valueTerm(attribute, key)));
  }
  const isBelow = is === 'lt' || is === 'le';
  if (!isBelow && is !== 'gt' && is !== 'ge') return undefined;
  const key = toKey(value as Scalar);
  return key === undefined ? undefined : { by: 'bound', attribute, side: isBelow ? 'below' : 'above', key };
};

const ofIdentifier = (type: string | undefined, value: string, typesFor: TypesFor): Guard => {
  const own = identifierTerm(SYSTEM_ID, value.toLowerCase());
  if (type === undefined) return termGuard([identifierTerm(ANY, value), own]);
  return termGuard(typesFor(type).map((one) => (one === SYSTEM_ID ? own : identifierTerm(one, value))));
};

/** The fewer registrants a guard lets through, the better it is: identifiers belong to one, values to many. */
const rank = (guard: Guard): number => {
  if (guard.by === 'bound') return 3 * MAX_TERMS;
  return guard.terms.length + (guard.terms.some((term) => attributeOf(term)) ? MAX_TERMS : 0);
};

/**
 * What must be true of a registrant for the question to hold; `undefined` when nothing simple must. Who passes the
 * guard may still not fit: the question itself decides.
 */
export const guardOf = (query: Query, typesFor: TypesFor): Guard | undefined => {
  switch (query.op) {
    case 'none':
      return termGuard([]);
    case 'compare':
      return ofComparison(query);
    case 'identifier':
      return ofIdentifier(query.type, query.value, typesFor);
    case 'and': {
      const guards = query.of.map((part) => guardOf(part, typesFor)).filter((guard) => guard !== undefined);
      return guards.sort((a, b) => rank(a) - rank(b))[0];
    }
    case 'or': {
      const guards = query.of.map((part) => guardOf(part, typesFor));
      const terms = guards.map((guard) => (guard?.by === 'terms' ? guard.terms : undefined));
      if (terms.some((list) => list === undefined)) return undefined;
      const all = terms.flatMap((list) => list ?? []);
      return all.length <= MAX_TERMS ? termGuard(all) : undefined;
    }
    default:
      return undefined;
  }
};

/** The attribute that a term is about, if it is one of an attribute. */
export const attributeOf = (term: string): string | undefined => {
  const [sort, attribute] = term.split('\u0000');
  return sort === 'a' ? attribute : undefined;
};

export interface ValueContext {
  readonly catalogue: Catalogue;
  readonly today: string;
}

/** The values of an attribute by its name; none of a name that the catalogue does not know. */
export const valuesNamed = (registrant: Registrant, name: string, context: ValueContext): readonly Key[] => {
  const attribute = context.catalogue.find(registrant.kind, name);
  return attribute ? valuesOf(attribute, registrant, context.today) : [];
};

/** The terms that a registrant has: its identifiers, and its values of the given attributes. */
export const termsOf = (
  registrant: Registrant,
  attributes: Iterable<string>,
  context: ValueContext,
): ReadonlySet<string> => {
  const terms = new Set<string>([identifierTerm(SYSTEM_ID, registrant.id)]);
  for (const { type, value } of registrant.identifiers) {
    terms.add(identifierTerm(toIdentifierType(type), value)).add(identifierTerm(ANY, value));
  }
  for (const name of attributes) {
    for (const key of valuesNamed(registrant, name, context)) terms.add(valueTerm(name, key));
  }
  return terms;
};
