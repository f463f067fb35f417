import { absurd } from '../../core/fault.ts';
import { fold } from '../../core/text.ts';
import { anyOf, listOf, type Profile } from '../../storage/index.ts';
import { bornBy } from '../age.ts';
import type { Attribute, Catalogue } from '../attributes.ts';
import { SYSTEM_ID } from '../identifier-types.ts';
import type { Kind } from '../model.ts';
import { toValue } from '../search-rows.ts';
import { type Key, toKey } from '../values.ts';
import type { Comparison, ComparisonOperator, Query, Scalar, Sort } from './ast.ts';
import { findAttribute } from './check.ts';
import { memberDepth } from './evaluate.ts';
import { afterPrefix, escapeLike, join, type Sql, sql } from './sql.ts';

/** What a question is compiled against. */
export interface CompileContext {
  readonly catalogue: Catalogue;
  readonly profile: Profile;
  /** `YYYY-MM-DD`, in UTC. */
  readonly today: string;
  /** The identifier types in which a search for a type looks. */
  readonly typesFor: (name: string) => readonly string[];
}

const signs = { lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** A condition on one expression that is not null. */
const onKeys = (profile: Profile, target: string, is: ComparisonOperator, keys: readonly Key[]): Sql => {
  const [key] = keys;
  if (key === undefined) return sql('1=0');
  switch (is) {
    case 'eq':
    case 'ne':
      return sql(`${target} = ?`, key);
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return sql(`${target} ${signs[is]} ?`, key);
    case 'in':
    case 'nin':
      return sql(anyOf(profile, target), listOf(profile, keys));
    case 'contains':
      return sql(`${target} like ? escape '!'`, `%${escapeLike(String(key))}%`);
    case 'endsWith':
      return sql(`${target} like ? escape '!'`, `%${escapeLike(String(key))}`);
    case 'startsWith': {
      const end = afterPrefix(String(key));
      if (end === undefined) return sql(`${target} >= ?`, key);
      return sql(`(${target} >= ? and ${target} < ?)`, key, end);
    }
    default:
      return absurd(is);
  }
};

/** A flag column. The number stands in the text, so that a partial index can be seen to apply. */
const onFlag = (column: string, is: ComparisonOperator, keys: readonly Key[]): Sql => {
  const flags = keys.map(Number);
  if (flags.length === 0) return sql('1=0');
  if (is in signs) return sql(`${column} ${signs[is as keyof typeof signs]} ${flags[0]}`);
  return sql(`${column} in (${[...new Set(flags)].join(',')})`);
};

/** Ages are asked as ranges of the day of birth. */
const onAge = (today: string, is: ComparisonOperator, ages: readonly number[]): Sql => {
  const [age = 0] = ages;
  const youngerThan = (years: number) => sql('birth_date > ?', bornBy(years, today));
  const atLeast = (years: number) => sql('birth_date <= ?', bornBy(years, today));
  switch (is) {
    case 'lt':
      return youngerThan(age);
    case 'le':
      return youngerThan(age + 1);
    case 'gt':
      return atLeast(age + 1);
    case 'ge':
      return atLeast(age);
    default:
      return join(
        ages.map((one) => join([youngerThan(one + 1), atLeast(one)], 'and')),
        'or',
      );
  }
};

/** How much of the registry a question is likely to leave, from little to much: a guess without statistics. */
const breadth = (query: Query, kind: Kind, catalogue: Catalogue): number => {
  switch (query.op) {
    case 'none':
      return 0;
    case 'identifier':
      return 1;
    case 'compare': {
      const { type } = findAttribute(catalogue, kind, query.attribute);
      if (query.is === 'eq' || query.is === 'in') return type === 'boolean' ? 8 : type === 'code' ? 4 : 2;
      if (query.is === 'startsWith') return 3;
      return query.is === 'ne' || query.is === 'nin' ? 10 : 6;
    }
    case 'member':
      return 1 + breadth(query.of, kind === 'group' ? 'individual' : 'group', catalogue);
    case 'and':
      return query.of.reduce((least, part) => Math.min(least, breadth(part, kind, catalogue)), 9);
    case 'or':
      return query.of.reduce((most, part) => Math.max(most, breadth(part, kind, catalogue)), 0) + 1;
    case 'exists':
      return 8;
    default:
      return 10;
  }
};

/** Sub-selects that PostgreSQL may turn into joins; the time to plan a join grows steeply with their number. */
const MAX_JOINED = 6;

/**
 * Turns a checked question (check.ts) about registrants of a kind into a condition on the table `registrants`.
 *
 * Logic is two-valued although SQL's is not: negation is pushed down to the leaves, and a negated leaf on a column
 * says itself what holds for null. Names of attributes come from the catalogue and values are always bound.
 *
 * A leaf that lives in another table has two forms. `seq in (select …)` leads: the database walks its index and
 * looks up registrants. `exists (select …)` follows: it is tried on registrants found otherwise. Of a conjunction
 * one part leads, since SQLite would multiply the lists of two leaders.
 */
export const compileQuery = (query: Query, kind: Kind, context: CompileContext): Sql => {
  const { catalogue, profile, today } = context;
  let joined = 0;

  /** A condition on another table, `key` being its column that holds the registrant. */
  const elsewhere = (table: string, key: string, condition: Sql, negated: boolean, leads: boolean): Sql => {
    const { bindings } = condition;
    if (leads && !negated) return { sql: `seq in (select ${key} from ${table} where ${condition.sql})`, bindings };
    const probe = `exists (select 1 from ${table} where ${key} = registrants.seq and ${condition.sql})`;
    if (negated) return { sql: `not ${probe}`, bindings };
    joined += 1;
    return { sql: joined > MAX_JOINED && profile.name === 'postgres' ? `(${probe}) is true` : probe, bindings };
  };

  const onColumn = (column: string, condition: Sql, negated: boolean): Sql =>
    negated ? { sql: `(${column} is null or not ${condition.sql})`, bindings: condition.bindings } : condition;

  const inValues = (attribute: Attribute, condition: Sql | undefined, negated: boolean, leads: boolean): Sql =>
    elsewhere(
      'registrant_values',
      'registrant',
      sql(`attribute = ?${condition ? ` and ${condition.sql}` : ''}`, attribute.name, ...(condition?.bindings ?? [])),
      negated,
      leads,
    );

  const comparison = (node: Comparison, about: Kind, negated: boolean, leads: boolean): Sql => {
    const attribute = findAttribute(catalogue, about, node.attribute);
    const scalars = (Array.isArray(node.value) ? node.value : [node.value]) as readonly Scalar[];
    const keys = scalars.map(toKey).filter((key) => key !== undefined);
    const flipped = negated !== (node.is === 'ne' || node.is === 'nin');
    if (attribute.stored === 'derived') {
      return onColumn('birth_date', onAge(today, node.is, keys.map(Number)), flipped);
    }
    if (attribute.stored === 'values') {
      return inValues(attribute, onKeys(profile, 'value', node.is, keys.map(toValue)), flipped, leads);
    }
    const { column } = attribute.stored;
    const condition =
      attribute.type === 'boolean' ? onFlag(column, node.is, keys) : onKeys(profile, column, node.is, keys);
    return onColumn(column, condition, flipped);
  };

  const exists = (name: string, about: Kind, negated: boolean, leads: boolean): Sql => {
    const attribute = findAttribute(catalogue, about, name);
    if (attribute.stored === 'values') return inValues(attribute, undefined, negated, leads);
    const column = attribute.stored === 'derived' ? 'birth_date' : attribute.stored.column;
    return sql(`${column} is ${negated ? '' : 'not '}null`);
  };

  const identifier = (type: string | undefined, value: string, negated: boolean, leads: boolean): Sql => {
    const ownId = sql(`id ${negated ? '<>' : '='} ?`, value.toLowerCase());
    const types = type === undefined ? undefined : context.typesFor(type);
    if (types?.includes(SYSTEM_ID)) return ownId;
    const ofType = types === undefined ? '' : ` and type in (${types.map(() => '?').join(',')})`;
    const condition = sql(`value = ?${ofType} and (end_date is null or end_date >= ?)`, value, ...(types ?? []), today);
    const held = elsewhere('identifiers', 'registrant', condition, negated, leads);
    return types === undefined ? join([held, ownId], negated ? 'and' : 'or') : held;
  };

  const member = (of: Query, role: string | undefined, about: Kind, negated: boolean, leads: boolean): Sql => {
    const other: Kind = about === 'group' ? 'individual' : 'group';
    const inner = compile(of, other, false, leads && !negated);
    // A select inside a `from` hides its depth from SQLite, which adds up the depths of conditions within conditions
    // and refuses a sum above 1,000. Both databases see through it when they plan.
    const those = `select seq from (select seq from registrants where kind = '${other}' and ${inner.sql}) far`;
    // PostgreSQL would turn steps within steps into one join and, where it misjudges their numbers, walk every path
    // from registrant to registrant. An array is made once.
    const list = profile.name === 'postgres' && memberDepth(of) > 0 ? `= any(array(${those}))` : `in (${those})`;
    const far = leads && !negated ? `${other}_seq ${list}` : `exists (${those} where seq = memberships.${other}_seq)`;
    const ofRole = role === undefined ? '' : " and folded_roles like ? escape '!'";
    const pattern = role === undefined ? [] : [`%${escapeLike(JSON.stringify(fold(role)))}%`];
    const condition = sql(`live = 1${ofRole} and ${far}`, ...pattern, ...inner.bindings);
    return elsewhere('memberships', `${about}_seq`, condition, negated, leads);
  };

  /** Which part of a conjunction leads. */
  const leaderOf = (parts: readonly Query[], about: Kind): Query | undefined => {
    let best: Query | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const part of parts) {
      const guess = breadth(part, about, catalogue);
      if (guess < least) [best, least] = [part, guess];
    }
    return best;
  };

  const compile = (node: Query, about: Kind, negated: boolean, leads: boolean): Sql => {
    switch (node.op) {
      case 'all':
      case 'none':
        return sql((node.op === 'all') !== negated ? '1=1' : '1=0');
      case 'and':
      case 'or': {
        const isAnd = (node.op === 'and') !== negated;
        const leader = isAnd && leads && !negated ? leaderOf(node.of, about) : undefined;
        const parts = node.of.map((part) => compile(part, about, negated, leads && (!isAnd || part === leader)));
        return join(parts, isAnd ? 'and' : 'or');
      }
      case 'not':
        return compile(node.of, about, !negated, leads);
      case 'compare':
        return comparison(node, about, negated, leads);
      case 'exists':
        return exists(node.attribute, about, negated, leads);
      case 'identifier':
        return identifier(node.type, node.value, negated, leads);
      case 'member':
        return member(node.of, node.role, about, negated, leads);
      default:
        return absurd(node);
    }
  };
  return compile(query, kind, false, true);
};

/**
 * The `order by` of an answer. Who has no value counts as greatest, as PostgreSQL has it by itself; of several values
 * the least counts going up and the greatest going down. Registration order decides between equals.
 */
export const compileSort = (sort: readonly Sort[], kind: Kind, { catalogue, today }: CompileContext): Sql => {
  const keys = sort.map(({ attribute: name, order }): Sql => {
    const attribute = findAttribute(catalogue, kind, name);
    const nulls = order === 'asc' ? 'nulls last' : 'nulls first';
    if (attribute.stored === 'derived') {
      // The year in which somebody reached the age they have: the earlier, the older.
      const since = 'cast(substr(birth_date, 1, 4) as integer) + case when substr(birth_date, 6) > ? then 1 else 0 end';
      return sql(`${since} ${order === 'asc' ? 'desc' : 'asc'} ${nulls}`, today.slice(5));
    }
    if (attribute.stored !== 'values') return sql(`${attribute.stored.column} ${order} ${nulls}`);
    const best = order === 'asc' ? 'min' : 'max';
    return sql(
      `(select ${best}(value) from registrant_values where registrant = registrants.seq and attribute = ?) ${order} ${nulls}`,
      attribute.name,
    );
  });
  return {
    sql: [...keys.map((key) => key.sql), 'seq'].join(', '),
    bindings: keys.flatMap((key) => key.bindings),
  };
};
