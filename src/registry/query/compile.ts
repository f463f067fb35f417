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

/**
 * Turns a checked question (check.ts) about registrants of a kind into a condition on the table `registrants`.
 *
 * Logic is two-valued although SQL's is not: negation is pushed down to the leaves, and a negated leaf on a column
 * says itself what holds for null. All else is `seq in (select …)`, which is never null. Names of attributes come
 * from the catalogue and values are always bound.
 */
export const compileQuery = (query: Query, kind: Kind, context: CompileContext): Sql => {
  const { catalogue, profile, today } = context;

  const onColumn = (column: string, condition: Sql, negated: boolean): Sql =>
    negated ? { sql: `(${column} is null or not ${condition.sql})`, bindings: condition.bindings } : condition;

  const inValues = (attribute: Attribute, condition: Sql | undefined, negated: boolean): Sql => ({
    sql: `seq ${negated ? 'not ' : ''}in (select registrant from registrant_values where attribute = ?${
      condition ? ` and ${condition.sql}` : ''
    })`,
    bindings: [attribute.name, ...(condition?.bindings ?? [])],
  });

  const comparison = (node: Comparison, about: Kind, negated: boolean): Sql => {
    const attribute = findAttribute(catalogue, about, node.attribute);
    const scalars = (Array.isArray(node.value) ? node.value : [node.value]) as readonly Scalar[];
    const keys = scalars.map(toKey).filter((key) => key !== undefined);
    const flipped = negated !== (node.is === 'ne' || node.is === 'nin');
    if (attribute.stored === 'derived') {
      return onColumn('birth_date', onAge(today, node.is, keys.map(Number)), flipped);
    }
    if (attribute.stored === 'values') {
      return inValues(attribute, onKeys(profile, 'value', node.is, keys.map(toValue)), flipped);
    }
    const { column } = attribute.stored;
    const condition =
      attribute.type === 'boolean' ? onFlag(column, node.is, keys) : onKeys(profile, column, node.is, keys);
    return onColumn(column, condition, flipped);
  };

  const exists = (name: string, about: Kind, negated: boolean): Sql => {
    const attribute = findAttribute(catalogue, about, name);
    if (attribute.stored === 'values') return inValues(attribute, undefined, negated);
    const column = attribute.stored === 'derived' ? 'birth_date' : attribute.stored.column;
    return sql(`${column} is ${negated ? '' : 'not '}null`);
  };

  const identifier = (type: string | undefined, value: string, negated: boolean): Sql => {
    const ownId = sql(`id ${negated ? '<>' : '='} ?`, value.toLowerCase());
    const types = type === undefined ? undefined : context.typesFor(type);
    if (types?.includes(SYSTEM_ID)) return ownId;
    const ofType = types === undefined ? '' : ` and type in (${types.map(() => '?').join(',')})`;
    const held = sql(
      `seq ${negated ? 'not ' : ''}in (select registrant from identifiers where value = ?${ofType}` +
        ' and (end_date is null or end_date >= ?))',
      value,
      ...(types ?? []),
      today,
    );
    return types === undefined ? join([held, ownId], negated ? 'and' : 'or') : held;
  };

  const member = (of: Query, role: string | undefined, about: Kind, negated: boolean): Sql => {
    const other: Kind = about === 'group' ? 'individual' : 'group';
    const inner = compile(of, other, false);
    const ofRole =
      role === undefined
        ? sql('')
        : sql(" and folded_roles like ? escape '!'", `%${escapeLike(JSON.stringify(fold(role)))}%`);
    return {
      sql:
        `seq ${negated ? 'not ' : ''}in (select ${about}_seq from memberships where live = 1${ofRole.sql}` +
        ` and ${other}_seq in (select seq from registrants where kind = '${other}' and ${inner.sql}))`,
      bindings: [...ofRole.bindings, ...inner.bindings],
    };
  };

  const compile = (node: Query, about: Kind, negated: boolean): Sql => {
    switch (node.op) {
      case 'all':
      case 'none':
        return sql((node.op === 'all') !== negated ? '1=1' : '1=0');
      case 'and':
      case 'or':
        return join(
          node.of.map((part) => compile(part, about, negated)),
          (node.op === 'and') !== negated ? 'and' : 'or',
        );
      case 'not':
        return compile(node.of, about, !negated);
      case 'compare':
        return comparison(node, about, negated);
      case 'exists':
        return exists(node.attribute, about, negated);
      case 'identifier':
        return identifier(node.type, node.value, negated);
      case 'member':
        return member(node.of, node.role, about, negated);
      default:
        return absurd(node);
    }
  };
  return compile(query, kind, false);
};

/**
 * The `order by` of an answer. Who has no value counts as greatest, as PostgreSQL has it by itself; of several values
 * the least counts going up and the greatest going down. Registration order decides between equals.
 */
export const compileSort = (sort: readonly Sort[], kind: Kind, catalogue: Catalogue): Sql => {
  const keys = sort.map(({ attribute: name, order }): Sql => {
    const attribute = findAttribute(catalogue, kind, name);
    const nulls = order === 'asc' ? 'nulls last' : 'nulls first';
    if (attribute.stored === 'derived') {
      // The older, the smaller the day of birth.
      return sql(`birth_date ${order === 'asc' ? 'desc' : 'asc'} ${nulls}`);
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
