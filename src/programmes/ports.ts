import type { JsonObject } from '../core/json.ts';
import type { Writer } from '../registry/model.ts';
import type { Reader, Tx } from '../storage/index.ts';

/** A programme of social protection: who is assisted with what is said by enrolments and benefits. */
export interface Programme {
  readonly id: string;
  /** The code by which others name it; unique. */
  readonly identifier: string;
  readonly name: string;
  readonly active: boolean;
  /** What else is known of it, as it came. */
  readonly detail: JsonObject;
}

/** States of an enrolment (api-v2.md §11). */
export const enrolmentStatuses = ['draft', 'enrolled', 'paused', 'exited', 'not_eligible', 'duplicated'] as const;
export type EnrolmentStatus = (typeof enrolmentStatuses)[number];

/** That a registrant is, or was, or might be in a programme; at most one of each pair. */
export interface Enrolment {
  readonly registrantId: string;
  readonly programmeId: string;
  readonly status: EnrolmentStatus;
  /** `YYYY-MM-DD`. */
  readonly enrolledOn?: string;
  readonly exitedOn?: string;
  readonly exitReason?: string;
  readonly version: number;
}

/** Something that a registrant received from a programme. */
export interface Benefit {
  readonly registrantId: string;
  readonly programmeId: string;
  /** Tells the benefits of one registrant and programme apart, so that the same one is not booked twice. */
  readonly reference: string;
  /** `1` cash … `6` insurance (dci.md §9.4). */
  readonly type: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly value?: number;
  readonly quantity?: number;
  readonly description?: string;
}

export type Outcome = 'created' | 'updated' | 'unchanged';

export type EnrolmentRequest = Omit<Enrolment, 'version'>;

/** Programmes, and what registrants have to do with them. All writes happen in the caller's transaction. */
export interface Programmes {
  /** Creates programmes and updates those whose identifier is known. */
  save(tx: Tx, programmes: readonly Omit<Programme, 'id'>[]): Promise<readonly Outcome[]>;
  /** By identifier; those that are not known are made, active, and go by their identifier where no name is given. */
  ensure(
    tx: Tx,
    named: readonly { readonly identifier: string; readonly name?: string }[],
  ): Promise<ReadonlyMap<string, Programme>>;
  /** By identifier. */
  find(identifiers: readonly string[], reader?: Reader): Promise<ReadonlyMap<string, Programme>>;
  /**
   * Brings enrolments to the given state; each change is an event of the registrant and makes it found by programme,
   * status and date. Who becomes enrolled without a date is so from today; who exits without a date, today. `told`:
   * what changes is said by the registrant's own record too, which was saved in this transaction.
   */
  enrol(
    tx: Tx,
    requests: readonly EnrolmentRequest[],
    by: Writer,
    options?: { readonly told?: boolean },
  ): Promise<readonly Outcome[]>;
  /** Books benefits, or changes those booked under the same reference. */
  book(tx: Tx, benefits: readonly Benefit[], by: Writer): Promise<readonly Outcome[]>;
  enrolmentsOf(registrantIds: readonly string[], reader?: Reader): Promise<readonly Enrolment[]>;
  benefitsOf(registrantIds: readonly string[], reader?: Reader): Promise<readonly Benefit[]>;
}
