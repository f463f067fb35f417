import type { Json } from '../../core/json.ts';
import type { Registrant } from '../../registry/model.ts';
import { entriesOf, type Happened, hasNewEntry, isTold, type RegistryEvent } from './event.ts';
import { same } from './wire.ts';

const statusOf = (registrant: Registrant | null): Json | undefined =>
  registrant?.sections?.benefit?.['enrollment_status'];

// Of the standard's codes (dci.md §9.4) and our own words, those of who is in a programme no more.
const endings = ['2', '3', 'deceased', 'graduated', 'exited', 'ended', 'duplicated', 'not_eligible'];
const isEnding = (status: Json | undefined): boolean =>
  (typeof status === 'string' || typeof status === 'number') && endings.includes(String(status).toLowerCase());

const isSave = ({ type }: Happened): boolean => type === 'registrant.registered' || type === 'registrant.updated';

const isEnrolled = (what: Happened): boolean =>
  isSave(what)
    ? hasNewEntry(what, 'benefit', 'programme_identifier') ||
      (statusOf(what.before) === undefined && statusOf(what.after) !== undefined)
    : !isTold(what);

const changedStatus = (what: Happened): boolean => {
  if (!isSave(what)) return !isTold(what);
  const was = statusOf(what.before);
  return was !== undefined && !same(was, statusOf(what.after));
};

const hasLeft = (what: Happened): boolean => {
  if (!isSave(what)) return !isTold(what) && isEnding(what.detail['status']);
  if (changedStatus(what) && isEnding(statusOf(what.after))) return true;
  const after = entriesOf(what.after, 'benefit', 'programme_identifier');
  return entriesOf(what.before, 'benefit', 'programme_identifier').length > after.length;
};

/** What happens between registrants and programmes; `enrollement` is the standard's own spelling. */
export const enrolmentEvents: readonly RegistryEvent[] = [
  {
    name: 'enrolment',
    words: ['enrollement', 'enrollment', 'enrolment', 'enroll', 'enrol'],
    changes: ['enrolment.added', 'registrant.registered', 'registrant.updated'],
    is: isEnrolled,
  },
  {
    name: 'enrolment_status',
    words: ['enrollementstatuschange', 'enrollmentstatuschange', 'enrolmentstatuschange'],
    changes: ['enrolment.changed', 'registrant.updated'],
    is: changedStatus,
  },
  {
    name: 'disenrolment',
    words: ['disenrollment', 'disenrollement', 'disenrolment', 'disenroll'],
    changes: ['enrolment.changed', 'registrant.updated'],
    is: hasLeft,
  },
  {
    name: 'benefit',
    words: ['benefitdisbursement', 'disbursement', 'benefit', 'payment'],
    changes: ['benefit.added', 'registrant.registered', 'registrant.updated'],
    is: (what) => !isSave(what) || hasNewEntry(what, 'benefit', 'benefits'),
  },
];
