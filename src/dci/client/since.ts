import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { SearchQuestion } from './ask-search.ts';

const byPredicate = (query: unknown, attribute: string, since: string): unknown => {
  const conditions = Array.isArray(query) ? query : [query];
  const condition = { attribute_name: attribute, operator: 'ge', attribute_value: since };
  return [...conditions, { seq_num: conditions.length + 1, expression1: condition }];
};

const byExpression = (query: unknown, attribute: string, since: string): unknown => {
  const value = isObject(query) && isObject(query['value']) ? query['value'] : undefined;
  const expression = value && isObject(value['expression']) ? value['expression'] : undefined;
  if (!isObject(query) || !value || !expression || !isObject(expression['query'])) {
    throw new Fault('query.invalid', 'an expression to be asked again must have value.expression.query');
  }
  const both = { $and: [expression['query'], { [attribute]: { $gte: since } }] };
  return { ...query, value: { ...value, expression: { ...expression, query: both } } };
};

// The root field of the registries that are asked in GraphQL, with the arguments that it may have already.
const ROOT = /\bgetRegistrants\b(?:\s*\(([^)]*)\))?/;

/** Puts into the text whether groups are meant, and since when; what it says of these itself is replaced. */
const byGraphql = (query: unknown, isGroup: boolean, since: string | undefined): string => {
  const text = typeof query === 'string' ? query : '';
  const found = ROOT.exec(text);
  if (!found || !/\btotalRegistrantCount\b/.test(text)) {
    throw new Fault('query.invalid', 'the GraphQL text must ask for getRegistrants and totalRegistrantCount');
  }
  const kept = (found[1] ?? '')
    .split(',')
    .map((argument) => argument.trim())
    .filter((argument) => argument !== '' && !/^(isGroup|lastSyncDate)\s*:/.test(argument));
  const own = [`isGroup: ${isGroup}`, ...(since === undefined ? [] : [`lastSyncDate: ${JSON.stringify(since)}`])];
  return text.replace(ROOT, () => `getRegistrants(${[...kept, ...own].join(', ')})`);
};

/** Whether a question asks for groups. */
export const asksForGroups = ({ recordType, regType }: SearchQuestion): boolean =>
  [recordType, regType].some((name) => /(group|household)$/i.test(name ?? ''));

/** The question for what has changed since then; without `since` for everything. */
export const askSince = (question: SearchQuestion, since: string | undefined, attribute: string): SearchQuestion => {
  const { queryType, query } = question;
  if (queryType === 'graphql') return { ...question, query: byGraphql(query, asksForGroups(question), since) };
  if (since === undefined) return question;
  switch (queryType) {
    case 'predicate':
      return { ...question, query: byPredicate(query, attribute, since) };
    case 'expression':
      return { ...question, query: byExpression(query, attribute, since) };
    // One identifier is one record: it is asked for whole each time.
    case 'idtype-value':
      return question;
  }
};
