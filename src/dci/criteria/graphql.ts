import type { ArgumentNode, DocumentNode, FieldNode, ValueNode } from 'graphql';
import { Kind } from 'graphql/language/kinds.js';
import { parse } from 'graphql/language/parser.js';
import { and, type Condition, malformed, unserved } from './condition.ts';
import { readExpression } from './expression.ts';

/** What a GraphQL text asks: its arguments as a condition, and its root field, which may name a record type. */
export interface GraphqlQuestion {
  readonly condition: Condition;
  readonly root: string;
}

const MAX_TEXT = 10_000;
const MAX_TOKENS = 1000;

const parseText = (text: string): DocumentNode => {
  if (text.length > MAX_TEXT) throw malformed(`query: GraphQL text of more than ${MAX_TEXT} characters`);
  try {
    // Examples of the standard write `query Name: {`, which no GraphQL grammar knows.
    return parse(text.replace(/^(\s*query\s+\w+)\s*:/, '$1'), { noLocation: true, maxTokens: MAX_TOKENS });
  } catch {
    throw malformed('query: the GraphQL text cannot be parsed');
  }
};

const noMore = (part: { readonly directives?: readonly unknown[] | undefined }): void => {
  if (part.directives && part.directives.length > 0) throw unserved('query: GraphQL directives are not served');
};

/** The one root field of the one query; fragments, mutations and variables are refused. */
const rootField = (document: DocumentNode): FieldNode => {
  const [definition, ...others] = document.definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION || definition.operation !== 'query' || others.length > 0) {
    throw unserved('query: one GraphQL query is served, without mutations and fragments');
  }
  noMore(definition);
  if (definition.variableDefinitions && definition.variableDefinitions.length > 0) {
    throw unserved('query: GraphQL variables are not served');
  }
  const [field, ...fields] = definition.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || fields.length > 0) throw unserved('query: GraphQL with one root field is served');
  noMore(field);
  return field;
};

const toValue = (node: ValueNode): unknown => {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
    case Kind.STRING:
    case Kind.ENUM:
      return node.value;
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map(toValue);
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, toValue(field.value)]));
    default:
      throw unserved('query: GraphQL variables are not served');
  }
};

const readArgument = (argument: ArgumentNode): Condition => {
  const value = toValue(argument.value);
  const { type, value: inner } = (value ?? {}) as { type?: unknown; value?: unknown };
  if (argument.name.value === 'identifier' && typeof type === 'string' && inner !== undefined) {
    return { op: 'identifier', type, value: inner };
  }
  return readExpression({ [argument.name.value]: value });
};

/** The closed subset of dci.md §5.2d: one root field whose arguments are conditions; what it selects is ignored. */
export const readGraphql = (text: string): GraphqlQuestion => {
  const field = rootField(parseText(text));
  const conditions = (field.arguments ?? []).map(readArgument);
  if (conditions.length === 0) throw malformed('query: the GraphQL field has no arguments');
  return { condition: and(conditions), root: field.name.value };
};
