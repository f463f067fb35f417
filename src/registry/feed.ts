import type { JsonObject } from '../core/json.ts';
import type { Kind, Registrant, Writer } from './model.ts';

/** What can happen to a registrant. Closed: a consumer that switches over it is told by the compiler what is new. */
export const changeTypes = [
  'registrant.registered',
  'registrant.updated',
  'registrant.deactivated',
  'registrant.reactivated',
  'registrant.deleted',
  'membership.added',
  'membership.ended',
  'membership.changed',
  'enrolment.added',
  'enrolment.changed',
  'benefit.added',
  'benefit.changed',
  // Of a form's submission, not of a registrant: `subject` names the submission, `detail` the registrant made of it.
  'submission.imported',
  'submission.updated',
  'submission.retired',
  'submission.restored',
  'submission.parked',
] as const;
export type ChangeType = (typeof changeTypes)[number];

/** A change that is about to be recorded. */
export interface NewChange {
  readonly type: ChangeType;
  /** Id of the registrant; for memberships that of the group. */
  readonly subject: string;
  readonly kind: Kind;
  /** The subject's version after the change. */
  readonly version: number;
  readonly source: Writer;
  readonly detail: JsonObject;
  /** The registrant before the change; `null` for a creation. */
  readonly before: Registrant | null;
}

/**
 * A recorded change. Positions have no gaps and are in commit order: who has seen one has seen all before it. The
 * state after a change is the `before` of the subject's next change, else what is stored now: `statesAfter`.
 */
export interface Change extends NewChange {
  readonly position: number;
  readonly at: string;
}

/** One line of `detail.members` of a membership change. */
export interface MemberChange extends JsonObject {
  readonly individualId: string;
  readonly roles: readonly string[];
  readonly start: string | null;
  readonly end: string | null;
  /** `membership.changed`: the roles before. */
  readonly oldRoles: readonly string[] | null;
}
