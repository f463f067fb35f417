import type { Permission } from '../../access/index.ts';
import type { JsonObject } from '../../core/json.ts';
import { dayOf } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import { idText } from '../envelope.ts';
import type { Question } from '../exchange.ts';
import { type Rejection, rejectItem, toRejection } from '../fault.ts';
import { planItem, type SearchPlan } from '../search-plan.ts';

/** What a convenience call asks: one question, in the words of a search. */
export type Criteria = Readonly<Record<string, unknown>> & { readonly query?: unknown };

/** The one question worked on: who matches, or why it is refused. */
export type AskedOne = { readonly reference: string } & (
  | { readonly rejection: Rejection }
  | {
      readonly plan: SearchPlan;
      readonly registrants: readonly Registrant[];
      readonly total: number;
    }
);

/** Throws unless the sender may see all these fields: an answer of yes or no tells what a record would. */
export const requireShown = ({ reveal }: Permission, fields: readonly string[]): void => {
  for (const field of fields) {
    if (!(field in reveal({ [field]: 'shown' }))) {
      throw rejectItem(
        'rjct.search_criteria.invalid',
        `the policy for this sender does not let it see ${field}, which the answer would tell`,
      );
    }
  }
};

/**
 * Asks the question of a convenience call (dci.md §9.5) as a search would, in the one registry that has the call, and
 * with the same rights. `fields`: what the answer tells of a record.
 */
export const askOne = async (
  registry: RegistryReader,
  question: Question,
  criteria: Criteria,
  fields: readonly string[],
): Promise<AskedOne> => {
  const message = question.message as { transaction_id: string | number };
  // These calls have no reference id of their own; their answers must (dci.md §9.5).
  const reference = idText(criteria['reference_id'] ?? message.transaction_id);
  const { reg_type: _, ...rest } = criteria;
  try {
    const plan = planItem({ reference_id: reference, search_criteria: rest }, question.place, registry.catalogue);
    requireShown(plan, fields);
    const [found] = await registry.search([plan.search]);
    const registrants = (found?.registrants ?? []).filter(({ active }) => active);
    const gone = (found?.registrants.length ?? 0) - registrants.length;
    return { reference, plan, registrants, total: (found?.total ?? 0) - gone };
  } catch (error) {
    return { reference, rejection: toRejection(error) };
  }
};

/** The records of those who match, as the sender may see them. */
export const recordsOf = (asked: Extract<AskedOne, { plan: SearchPlan }>, now: number): readonly JsonObject[] =>
  asked.registrants.map((one) =>
    asked.plan.reveal(asked.plan.definition.toRecord(one, { kin: [], today: dayOf(now) })),
  );
