import { Fault } from '../../core/fault.ts';
import { isStorableText } from '../../core/text.ts';
import type { Attribute, AttributeType, Catalogue } from '../attributes.ts';
import type { Kind } from '../model.ts';
import {
  type Comparison,
  type ComparisonOperator,
  MAX_MEMBER_STEPS,
  MAX_QUERY_DEPTH,
  MAX_QUERY_NODES,
  type Query,
  type Scalar,
  type Sort,
} from './ast.ts';
import { MAX_SEARCHABLE_TEXT } from './coerce.ts';

/** Most values in one `in` list. */
export const MAX_LIST = 10_000;
/** The same for worked-out attributes, whose every value becomes a range of its own. */
const MAX_DERIVED_LIST = 200;

const invalid = (message: string, attribute?: string): Fault =>
  new Fault('query.invalid', message, attribute === undefined ? {} : { attribute });

const shown = (name: string): string => JSON.stringify(name.slice(0, 80));

/** The attribute of a kind by name, else the fault. */
export const findAttribute = (catalogue: Catalogue, kind: Kind, name: string): Attribute => {
  const attribute = catalogue.find(kind, name);
  if (attribute) return attribute;
  throw invalid(`unknown attribute ${shown(name)} of ${kind === 'group' ? 'groups' : 'individuals'}`, name);
};

const fits = (type: AttributeType, value: Scalar): boolean => {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return typeof value === 'string';
  }
};

const textual: readonly ComparisonOperator[] = ['contains', 'startsWith', 'endsWith'];

const checkComparison = (query: Comparison, attribute: Attribute): void => {
  const { type, name } = attribute;
  if (textual.includes(query.is) && type !== 'text' && type !== 'code') {
    throw invalid(`${query.is} does not apply to ${name}, which is no text`, name);
  }
  const isList = query.is === 'in' || query.is === 'nin';
  if (isList !== Array.isArray(query.value)) {
    throw invalid(isList ? `${query.is} takes a list of values` : `${query.is} takes one value`, name);
  }
  const values = (isList ? query.value : [query.value]) as readonly Scalar[];
  const limit = attribute.stored === 'derived' ? MAX_DERIVED_LIST : MAX_LIST;
  if (values.length > limit) throw invalid(`${query.is} takes at most ${limit} values for ${name}`, name);
  for (const value of values) {
    if (!fits(type, value)) throw invalid(`the value for ${name} is not of type ${type}`, name);
    if (typeof value === 'string' && (value.length > MAX_SEARCHABLE_TEXT || !isStorableText(value))) {
      throw invalid(`the value for ${name} is too long or holds characters that no record can hold`, name);
    }
  }
};

/**
 * Refuses, with `query.invalid`, a question that is too deep or too large, names what the catalogue does not know
 * for the kind it is about, or compares with a value of the wrong type. What passes, compiles.
 */
export const checkQuery = (query: Query, kind: Kind, catalogue: Catalogue): void => {
  let nodes = 0;
  const visit = (node: Query, about: Kind, depth: number, steps: number): void => {
    nodes += 1;
    if (depth > MAX_QUERY_DEPTH) throw invalid(`the question is nested deeper than ${MAX_QUERY_DEPTH} levels`);
    if (nodes > MAX_QUERY_NODES) throw invalid(`the question has more than ${MAX_QUERY_NODES} parts`);
    switch (node.op) {
      case 'and':
      case 'or':
        for (const part of node.of) visit(part, about, depth + 1, steps);
        return;
      case 'not':
        visit(node.of, about, depth + 1, steps);
        return;
      case 'member':
        if (node.role !== undefined && !isStorableText(node.role)) throw invalid('the role is no text');
        if (steps >= MAX_MEMBER_STEPS) throw invalid(`the question looks further than ${MAX_MEMBER_STEPS} memberships`);
        visit(node.of, about === 'group' ? 'individual' : 'group', depth + 1, steps + 1);
        return;
      case 'compare':
        checkComparison(node, findAttribute(catalogue, about, node.attribute));
        return;
      case 'exists':
        findAttribute(catalogue, about, node.attribute);
        return;
      case 'identifier':
        if (!isStorableText(node.value) || !isStorableText(node.type ?? '')) throw invalid('the identifier is no text');
        return;
      case 'all':
      case 'none':
        return;
    }
  };
  visit(query, kind, 1, 0);
};

/** As `checkQuery`, for the order of the answer. */
export const checkSort = (sort: readonly Sort[], kind: Kind, catalogue: Catalogue): void => {
  if (sort.length > 10) throw invalid('at most 10 attributes can order an answer');
  for (const { attribute } of sort) findAttribute(catalogue, kind, attribute);
};
