import type { EnrolmentRequest, EnrolmentStatus, Programmes } from '../../programmes/index.ts';
import type { Writer } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { IncomingRecord } from './incoming.ts';

/** A record that is about programmes, and what it was to the registry. */
export interface Noted {
  readonly id: string;
  readonly record: IncomingRecord;
  /** Whether its sections say what nobody knew. */
  readonly isNews: boolean;
  /** Whether the save of the record tells what became of its subject in programmes. */
  readonly isTold: boolean;
}

// The standard's codes and their labels (dci.md §9.4), and our own words.
const states: { readonly [said: string]: Pick<EnrolmentRequest, 'status' | 'exitReason'> } = {
  '1': { status: 'enrolled' },
  active: { status: 'enrolled' },
  '2': { status: 'exited', exitReason: 'deceased' },
  deceased: { status: 'exited', exitReason: 'deceased' },
  '3': { status: 'exited', exitReason: 'graduated' },
  graduated: { status: 'exited', exitReason: 'graduated' },
  '4': { status: 'paused' },
  suspended: { status: 'paused' },
  ...Object.fromEntries(
    (['enrolled', 'exited', 'paused'] satisfies EnrolmentStatus[]).map((status) => [status, { status }]),
  ),
};

// What is longer is no code, and an index may refuse it.
const MAX_IDENTIFIER = 200;

interface Wish extends Omit<EnrolmentRequest, 'registrantId' | 'programmeId'> {
  readonly noted: Noted;
  readonly identifier: string;
  readonly name?: string;
  /** Asked for by whoever takes the record in, not said by it: then only who never was in the programme is put into it. */
  readonly once: boolean;
}

const wishesOf = (noted: Noted): readonly Wish[] => {
  const { programme, enrolments = [] } = noted.record;
  const said = enrolments.flatMap(
    ({ programmeIdentifier: identifier = '', programmeName, status = '', date }): Wish[] => {
      const key = status.toLowerCase();
      const state = Object.hasOwn(states, key) ? states[key] : undefined;
      if (!state || identifier === '' || identifier.length > MAX_IDENTIFIER) return [];
      const enrolledOn = /^\d{4}-\d\d-\d\d(?=T|$)/.exec(date ?? '')?.[0];
      return [
        {
          ...{ noted, identifier, once: false, ...state },
          ...(programmeName === undefined ? {} : { name: programmeName }),
          ...(enrolledOn === undefined ? {} : { enrolledOn }),
        },
      ];
    },
  );
  if (programme === undefined || said.some(({ identifier }) => identifier === programme)) return said;
  return [...said, { noted, identifier: programme, status: 'enrolled', once: true }];
};

/**
 * Enrols those whom records say to be in a programme, or who are to be put into one. A record that says nothing new
 * leaves an enrolment as it is: who left meanwhile is not put back by hearing the same again. Answers the records whose
 * subjects were put into the programme that was asked for.
 */
export const enrolNoted = async (
  programmes: Programmes,
  tx: Tx,
  all: readonly Noted[],
  writer: Writer,
): Promise<ReadonlySet<IncomingRecord>> => {
  const wishes = all.flatMap(wishesOf);
  if (wishes.length === 0) return new Set();
  const known = await programmes.ensure(tx, wishes);
  const keyOf = (registrant: string, programme: string): string => `${registrant}|${programme}`;
  const ids = [...new Set(wishes.map(({ noted }) => noted.id))];
  const held = new Set(
    (await programmes.enrolmentsOf(ids, tx)).map(({ registrantId, programmeId }) => keyOf(registrantId, programmeId)),
  );
  const due = wishes.flatMap(({ noted, identifier, name: _name, once, ...wish }) => {
    const programmeId = known.get(identifier)?.id as string;
    if (held.has(keyOf(noted.id, programmeId)) && (once || !noted.isNews)) return [];
    return [{ noted, once, request: { ...wish, registrantId: noted.id, programmeId } }];
  });
  const enrol = async (some: typeof due, told: boolean): Promise<void> => {
    const requests = some.map(({ request }) => request);
    if (requests.length > 0) await programmes.enrol(tx, requests, writer, { told });
  };
  // What a record says of itself was told with the record.
  const isTold = ({ noted, once }: (typeof due)[number]): boolean => noted.isTold && !once;
  await enrol(due.filter(isTold), true);
  await enrol(
    due.filter((one) => !isTold(one)),
    false,
  );
  return new Set(due.flatMap(({ noted, once }) => (once ? [noted.record] : [])));
};
