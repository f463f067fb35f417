import { toWholeSeconds } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { fold } from '../../core/text.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import type { Answerer } from '../answerer.ts';
import { idText } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { rejectItem, toRejection } from '../fault.ts';
import { type AskedOne, askOne, type Criteria, recordsOf } from './ask-one.ts';
import { headOf, toItems, type Verdict } from './yes-or-no.ts';

export interface ConvenienceDeps {
  readonly registry: RegistryReader;
  readonly clock: () => number;
}

const criteriaOf = (question: Question): Criteria =>
  (question.message as { disabled_criteria: Criteria }).disabled_criteria;
const transactionOf = (question: Question): string =>
  idText((question.message as { transaction_id: string | number }).transaction_id);

// The code list writes a state by its word or its number; pending and expired are no proof of anything.
const approved = new Set(['approved', '0', 'status:0']);

/** Whether a record of the disability registry says that the person is: by its assessment, where there is one. */
const isDisabled = (record: JsonObject): boolean => {
  const status = record['disability_status'];
  if (typeof status === 'string' || typeof status === 'number') return approved.has(fold(String(status)));
  const details = record['disability_details'];
  return Array.isArray(details) && details.length > 0;
};

const verdictOf = (asked: AskedOne, now: number): Verdict => {
  const { reference } = asked;
  if ('rejection' in asked) return { reference, isYes: false, rejection: asked.rejection };
  // A yes for one of several would be read as a yes for whom the asker had in mind.
  if (asked.total > 1) {
    const rejection = toRejection(rejectItem('rjct.search_criteria.invalid', 'query: several people match'));
    return { reference, isYes: false, rejection };
  }
  return { reference, isYes: recordsOf(asked, now).some(isDisabled) };
};

/** `sync/disabled`: whether the person asked for is registered as disabled. */
export const answerDisabled = ({ registry, clock }: ConvenienceDeps): Answerer => {
  const toMessage = (question: Question, verdicts: readonly Verdict[], now: number): object => ({
    correlation_id: question.correlationId,
    disabled_response: toItems(verdicts, 'disabled_status', now),
    transaction_id: transactionOf(question),
  });
  return {
    action: 'on-search',
    nothing: (question, now) => toMessage(question, [], now),
    read: async (question): Promise<Reply> => {
      const now = clock();
      const fields = ['disability_status', 'disability_details'];
      const verdicts = [verdictOf(await askOne(registry, question, criteriaOf(question), fields), now)];
      return { action: 'on-search', ...headOf(verdicts), message: toMessage(question, verdicts, now) };
    },
  };
};

const toSearchItem = (asked: AskedOne, records: readonly unknown[], now: number): object => {
  const timestamp = toWholeSeconds(now);
  if ('rejection' in asked) {
    return {
      locale: 'eng',
      reference_id: asked.reference,
      status: 'rjct',
      status_reason_code: asked.rejection.code,
      status_reason_message: asked.rejection.message,
      timestamp,
    };
  }
  const { definition, page } = asked.plan;
  return {
    data: {
      reg_record_type: definition.recordTypes.individual,
      reg_records: records,
      reg_type: definition.regType,
      version: '1.0.0',
    },
    locale: 'eng',
    pagination: { page_number: page.number, page_size: page.size, total_count: asked.total },
    reference_id: asked.reference,
    status: 'succ',
    timestamp,
  };
};

const listOf = (record: JsonObject, member: string): readonly unknown[] => {
  const value = record[member];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
};

/** A call that answers one member of the records that match, in the form of a search. */
const answerMember =
  (field: string, toRecord: (list: readonly unknown[]) => unknown) =>
  ({ registry, clock }: ConvenienceDeps): Answerer => {
    const toMessage = (question: Question, items: readonly object[]): object => ({
      correlation_id: question.correlationId,
      search_response: items,
      transaction_id: transactionOf(question),
    });
    return {
      action: 'on-search',
      nothing: (question) => toMessage(question, []),
      read: async (question): Promise<Reply> => {
        const now = clock();
        const asked = await askOne(registry, question, criteriaOf(question), [field]);
        const isRefused = 'rejection' in asked;
        const records = isRefused ? [] : recordsOf(asked, now).map((record) => toRecord(listOf(record, field)));
        const verdict = { reference: asked.reference, isYes: !isRefused, ...(isRefused ? asked : {}) };
        return {
          action: 'on-search',
          ...headOf([verdict]),
          message: toMessage(question, [toSearchItem(asked, records, now)]),
        };
      },
    };
  };

/** `sync/get-disability-details`: what the assessments of those who match found. */
export const answerDisabilityDetails = answerMember('disability_details', (list) => ({ disability_details: list }));

/** `sync/get-disability-support`: the support of each who matches, a list in the list (dci.md §11, C34). */
export const answerDisabilitySupport = answerMember('disability_support', (list) => list);
