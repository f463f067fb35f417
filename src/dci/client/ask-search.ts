import { toWholeSeconds } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { registries } from '../registries/all.ts';
import type { RegistryName } from '../registries/registry.ts';

export const queryTypes = ['idtype-value', 'predicate', 'expression', 'graphql'] as const;
export type QueryType = (typeof queryTypes)[number];

/** One question to another registry (dci.md §5.1). */
export interface SearchQuestion {
  readonly registry: RegistryName;
  readonly queryType: QueryType;
  /** As the standard writes it for that type; for `graphql` the text. */
  readonly query: unknown;
  /** What the peer calls its registry and its records; else our names for them. */
  readonly regType?: string;
  readonly recordType?: string;
  readonly sort?: readonly { readonly attribute: string; readonly order: 'asc' | 'desc' }[];
  readonly page?: { readonly size: number; readonly number: number };
  /** Why it is asked: goes with the question as its `authorize`, where policies look for it. */
  readonly purpose?: string;
}

const toCriteria = (question: SearchQuestion): JsonObject => {
  const definition = registries[question.registry];
  const { page, purpose, sort } = question;
  return {
    ...(purpose === undefined ? {} : { authorize: { '@type': 'Authorize', purpose: { code: purpose } } }),
    ...(page === undefined ? {} : { pagination: { page_number: page.number, page_size: page.size } }),
    query: question.query as JsonObject,
    query_type: question.queryType,
    reg_record_type: question.recordType ?? definition.recordTypes.individual,
    reg_type: question.regType ?? definition.regType,
    ...(sort === undefined
      ? {}
      : { sort: sort.map(({ attribute, order }) => ({ attribute_name: attribute, sort_order: order })) }),
    version: '1.0.0',
  };
};

/** The message of a search; its items are numbered in the order of the questions. */
export const searchMessage = (questions: readonly SearchQuestion[], now: number) => ({
  search_request: questions.map((question, i) => ({
    locale: 'eng',
    reference_id: `${i + 1}`,
    search_criteria: toCriteria(question),
    timestamp: toWholeSeconds(now),
  })),
  transaction_id: newRandomId(),
});
