import { newId } from '../../core/ids.ts';
import {
  type Draft,
  type Identifier,
  merge,
  type Proposal,
  type Registrant,
  toIdentifierType,
  type Writer,
} from '../../registry/index.ts';
import { keepFiles } from '../files/attach.ts';
import type { MappedSubmission } from '../mapping/map.ts';
import type { MappedRegistrant } from '../mapping/map-registrant.ts';
import type { KnownMember } from '../members.store.ts';
import { likenessOf } from './likeness.ts';
import { matchMembers } from './match-members.ts';

/** One registrant as it shall be. */
export interface PlannedRegistrant {
  readonly id: string;
  readonly current: Registrant | undefined;
  readonly draft: Draft;
  readonly mapped: MappedRegistrant;
  /** Values that ODK brings and somebody else's stand in the way of. */
  readonly proposals: readonly Proposal[];
}

/** What becomes of one submission: its subject first, then the members. Nothing of it is written yet. */
export interface Household {
  readonly isNew: boolean;
  readonly registrants: readonly PlannedRegistrant[];
  /** Members after this submission, those who are gone included; absent where the mapping knows none. */
  readonly members: readonly KnownMember[] | undefined;
  readonly before: ReadonlyMap<string, KnownMember>;
}

export interface Known {
  /** The registrant this submission was made into before. */
  readonly subject: string | undefined;
  readonly members: readonly KnownMember[];
  readonly registrants: ReadonlyMap<string, Registrant>;
}

/**
 * Lays what a submission says over what is stored: an edit overwrites only what ODK wrote last (odk.md §18.4). Files
 * have a way of their own; those the answers still name stay.
 */
const plan = (
  id: string,
  mapped: MappedRegistrant,
  current: Registrant | undefined,
  writer: Writer,
): PlannedRegistrant => {
  if (!current) return { id, current, draft: mapped.draft, mapped, proposals: [] };
  const incoming = keepFiles(mapped.draft, mapped.files, current);
  return { id, current, mapped, ...merge(current, incoming, writer, { overwrites: 'own', absent: 'clear' }) };
};

const identifierKey = ({ type, value }: Identifier): string => `${toIdentifierType(type)}\0${value}`;

/** Works out what a submission makes of a household (or a person), given what is known of it. */
export const planHousehold = (submission: MappedSubmission, known: Known, writer: Writer): Household => {
  const subjectId = known.subject ?? newId();
  const subject = plan(subjectId, submission.subject, known.registrants.get(subjectId), writer);
  const before = new Map(known.members.map((one) => [one.individual, one]));
  const isNew = known.subject === undefined;
  if (!submission.members) return { isNew, registrants: [subject], members: undefined, before };
  const { present, gone } = matchMembers(submission.members, known.members, {
    ofKnown: (individual) => (known.registrants.get(individual)?.identifiers ?? []).map(identifierKey),
    ofTold: ({ registrant }) => registrant.draft.identifiers.map(identifierKey),
  });
  const registrants: PlannedRegistrant[] = [subject];
  const members: KnownMember[] = gone.map((one) => ({ ...one, live: false }));
  for (const { member, known: one } of present) {
    const current = one && known.registrants.get(one.individual);
    // Whoever an operator took out of the registry for good does not come back by being mapped again.
    if (one && !current) continue;
    const id = one?.individual ?? newId();
    registrants.push(plan(id, member.registrant, current, writer));
    members.push({
      subject: subjectId,
      individual: id,
      keys: member.keys,
      weak: member.weak,
      position: member.position,
      likeness: likenessOf(member.registrant.draft),
      live: true,
      roles: member.roles,
    });
  }
  return { isNew, registrants, members, before };
};
