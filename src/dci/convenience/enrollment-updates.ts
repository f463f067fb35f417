import { isObject } from '../../core/json.ts';
import type { Tx } from '../../storage/index.ts';
import type { Answerer } from '../answerer.ts';
import { given } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { type Rejection, toRejection } from '../fault.ts';
import { fromRecord } from '../registries/all.ts';
import { type TakeRecords, writerFor } from '../take-records.ts';
import type { ConvenienceDeps } from './disabled.ts';
import { toEnrolledMessage } from './enrolled.ts';
import { headOf, type Verdict } from './yes-or-no.ts';

interface UpdateDeps extends Pick<ConvenienceDeps, 'clock'> {
  readonly takeRecords: TakeRecords;
}

const beneficiariesOf = (question: Question): readonly unknown[] => {
  const { beneficiaries } = (question.message as { enrolled_updates: { beneficiaries?: unknown } }).enrolled_updates;
  return Array.isArray(beneficiaries) ? beneficiaries : [];
};

/** How an item is referred to: by what it calls itself, else by its place. */
const referenceOf = (record: unknown, at: number): string =>
  (isObject(record) && (given(record['reference_id']) ?? given(record['@id']))) || String(at + 1);

const refusal = (question: Question): Rejection | undefined => {
  try {
    question.place.permit({ registry: 'ibr', said: [question.message, beneficiariesOf(question)] });
    return undefined;
  } catch (error) {
    return toRejection(error);
  }
};

const ended = new Set(['2', 'deceased', '3', 'graduated']);

/** Whether the record itself says that its beneficiary is in a programme. */
const saysEnrolled = (record: unknown): boolean => {
  const { enrolments } = fromRecord('ibr', record);
  return enrolments.some(({ status }) => status === undefined || !ended.has(status.toLowerCase()));
};

/**
 * `sync/enrollment/updates`: takes beneficiaries into the registry, one by one; the calls's answer commits with them.
 * Who may use the operation may change what these records say: a policy that does not name it keeps others out.
 */
export const answerEnrollmentUpdates = ({ takeRecords, clock }: UpdateDeps): Answerer => ({
  action: 'notify',
  nothing: (question, now) => toEnrolledMessage(question, [], now),
  write: async (tx: Tx, question): Promise<Reply> => {
    const now = clock();
    const records = beneficiariesOf(question);
    const refused = refusal(question);
    const taken = refused
      ? undefined
      : await takeRecords(tx, { registry: 'ibr', records, writer: writerFor(question.peer.senderId) });
    const reasons = new Map(taken?.errors.map(({ line, reason }) => [line, reason]));
    const verdicts = records.map((record, i): Verdict => {
      const reference = referenceOf(record, i);
      const message = refused?.message ?? reasons.get(i + 1);
      return message === undefined
        ? { reference, isYes: saysEnrolled(record) }
        : { reference, isYes: false, rejection: { message } };
    });
    return { action: 'notify', ...headOf(verdicts), message: toEnrolledMessage(question, verdicts, now) };
  },
});
