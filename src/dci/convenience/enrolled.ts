import { toWholeSeconds } from '../../core/clock.ts';
import { dayOf, valuesOf } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import type { Answerer } from '../answerer.ts';
import { idText } from '../envelope.ts';
import type { Question, Reply } from '../exchange.ts';
import { rejectItem, toRejection } from '../fault.ts';
import { type AskedOne, askOne, type Criteria } from './ask-one.ts';
import type { ConvenienceDeps } from './disabled.ts';
import { headOf, toItems, type Verdict } from './yes-or-no.ts';

// The code list: 1 active, 4 suspended; who is deceased (2), graduated (3) or left is a beneficiary no more.
const enrolledStates = new Set(['1', 'active', 'enrolled', '4', 'suspended', 'paused']);

/** Whether a registrant is in a programme now: one that it is in with no state said of it counts. */
const isEnrolled = ({ catalogue }: RegistryReader, registrant: Registrant, today: string): boolean => {
  const values = (name: string): readonly unknown[] => {
    const attribute = catalogue.find(registrant.kind, name);
    return attribute ? valuesOf(attribute, registrant, today) : [];
  };
  const states = values('enrollment_status');
  if (states.length > 0) return states.some((state) => enrolledStates.has(String(state)));
  return ['programme_identifier', 'programme_name', 'enrollment_date'].some((name) => values(name).length > 0);
};

/** The message of both calls of the beneficiary registry: an Ack and an answer in one (dci.md §9.5, C32). */
export const toEnrolledMessage = (question: Question, verdicts: readonly Verdict[], now: number): object => ({
  ack_status: 'ACK',
  correlation_id: question.correlationId,
  enrolled_response: toItems(verdicts, 'enrolled_status', now),
  timestamp: toWholeSeconds(now),
  transaction_id: idText((question.message as { transaction_id: string | number }).transaction_id),
});

const verdictOf = (asked: AskedOne, registry: RegistryReader, now: number): Verdict => {
  const { reference } = asked;
  if ('rejection' in asked) return { reference, isYes: false, rejection: asked.rejection };
  if (asked.total > 1) {
    const rejection = toRejection(rejectItem('rjct.search_criteria.invalid', 'query: several beneficiaries match'));
    return { reference, isYes: false, rejection };
  }
  return { reference, isYes: asked.registrants.some((one) => isEnrolled(registry, one, dayOf(now))) };
};

/** `sync/enrolled`: whether the person or household asked for is a beneficiary, of the programme asked for if any. */
export const answerEnrolled = ({ registry, clock }: ConvenienceDeps): Answerer => ({
  action: 'on-search',
  nothing: (question, now) => toEnrolledMessage(question, [], now),
  read: async (question): Promise<Reply> => {
    const now = clock();
    const { enrolled_criteria: criteria } = question.message as { enrolled_criteria: Criteria };
    const asked = await askOne(registry, question, criteria, ['enrollment_status', 'programme_identifier']);
    const verdicts = [verdictOf(asked, registry, now)];
    return { action: 'on-search', ...headOf(verdicts), message: toEnrolledMessage(question, verdicts, now) };
  },
});
