import { readQuestion } from '../../../src/dci/criteria/read-question.ts';
import { toQuery } from '../../../src/dci/criteria/to-query.ts';
import { toRejection } from '../../../src/dci/fault.ts';
import { type RegistryName, registries } from '../../../src/dci/registries/all.ts';
import { createCatalogue, type Kind } from '../../../src/registry/index.ts';
import { compare, type Query } from '../../../src/registry/query/ast.ts';

const catalogue = createCatalogue([
  { kind: 'individual', name: 'roofType', type: 'text' },
  { kind: 'individual', name: 'rooms', type: 'integer' },
]);

/** The registry's question for one of the wire. */
export const ask = (
  type: string,
  query: unknown,
  registry: RegistryName = 'social',
  kind: Kind = 'individual',
): Query => {
  const { aliases, decode } = registries[registry];
  const { condition } = readQuestion(type, query);
  return toQuery(condition, { catalogue, kind, aliases, ...(decode ? { decode } : {}) });
};

/** The reason code for a question that is refused. */
export const reason = (type: string, query: unknown): string => {
  try {
    ask(type, query);
  } catch (error) {
    return toRejection(error).code;
  }
  return 'accepted';
};

export const id = (type: string, value: string): Query => ({ op: 'identifier', type, value });
export const sex = compare('sex', 'eq', '2');
export const surname = compare('surname', 'eq', 'Diallo');
/** One comparison of a predicate. */
export const P = (attribute_name: string, operator: string, attribute_value: unknown) => ({
  attribute_name,
  operator,
  attribute_value,
});
/** An expression in its full form. */
export const template = (query: unknown, more: object = {}) => ({
  type: 'ns:org:QueryType:expression',
  value: { expression: { query, ...more } },
});
