import type { Enrolment, EnrolmentRequest } from '../../programmes/index.ts';
import type { Tx } from '../../storage/index.ts';
import { readSaidEnrolments, type SaidEnrolment, writeSaidEnrolments } from '../enrolments.store.ts';
import type { ApplyContext } from '../ports.ts';

/** A registrant, and the identifiers of the programmes that the answers name for it. */
export interface NamedProgrammes {
  readonly id: string;
  readonly programmes: readonly string[];
}

/** A programme and all that is known of one registrant in it. */
interface Case {
  readonly registrantId: string;
  readonly programmeId: string;
  readonly told: boolean;
  readonly enrolment: Enrolment | undefined;
  readonly said: readonly SaidEnrolment[];
}

const key = (registrant: string, programme: string): string => `${registrant}\0${programme}`;

const casesOf = async (tx: Tx, context: ApplyContext, named: readonly NamedProgrammes[]): Promise<readonly Case[]> => {
  const ids = named.map(({ id }) => id);
  const said = await readSaidEnrolments(tx, ids);
  const identifiers = [...new Set(named.flatMap(({ programmes }) => programmes))];
  if (said.length === 0 && identifiers.length === 0) return [];
  const programmes = await context.programmes.ensure(
    tx,
    identifiers.map((identifier) => ({ identifier })),
  );
  const enrolments = new Map(
    (await context.programmes.enrolmentsOf(ids, tx)).map((one) => [key(one.registrantId, one.programmeId), one]),
  );
  const saidBy = new Map<string, SaidEnrolment[]>(ids.map((id) => [id, []]));
  for (const one of said) saidBy.get(one.registrant)?.push(one);
  return named.flatMap(({ id, programmes: codes }) => {
    const told = new Set(codes.flatMap((code) => programmes.get(code)?.id ?? []));
    const mine = saidBy.get(id) ?? [];
    return [...new Set([...told, ...mine.map(({ programme }) => programme)])].map((programmeId) => ({
      registrantId: id,
      programmeId,
      told: told.has(programmeId),
      enrolment: enrolments.get(key(id, programmeId)),
      said: mine.filter(({ programme }) => programme === programmeId),
    }));
  });
};

/** What is to be asked, if anything: an enrolment that somebody else wrote last stays as it is. */
const requestOf = ({ registrantId, programmeId, told, enrolment, said }: Case, source: string) => {
  const wasTold = said.some((one) => one.source === source && one.told);
  const isOurs = enrolment !== undefined && said.some(({ version }) => version === enrolment.version);
  const request = (status: 'enrolled' | 'exited'): EnrolmentRequest => ({
    ...{ registrantId, programmeId, status },
    ...(enrolment?.enrolledOn === undefined ? {} : { enrolledOn: enrolment.enrolledOn }),
  });
  if (told && !wasTold) {
    return !enrolment || (isOurs && enrolment.status === 'exited') ? request('enrolled') : undefined;
  }
  const others = said.some((one) => one.source !== source && one.told);
  if (!told && wasTold && !others && isOurs && enrolment.status === 'enrolled') return request('exited');
  return undefined;
};

/**
 * Enrols registrants in the programmes that their submissions name, and ends what an edit no longer names. Only news
 * counts: who left a programme otherwise is not put back by being read again. Answers in whom something changed.
 */
export const enrolNamed = async (
  tx: Tx,
  context: ApplyContext,
  named: readonly NamedProgrammes[],
): Promise<ReadonlySet<string>> => {
  if (named.length === 0) return new Set();
  const { source, writer, programmes } = context;
  const cases = (await casesOf(tx, context, named)).filter(({ told, said }) => {
    const before = said.find((one) => one.source === source.name);
    return told !== (before?.told ?? false);
  });
  const asked = cases.map((one) => ({ one, request: requestOf(one, source.name) }));
  await programmes.enrol(
    tx,
    asked.flatMap(({ request }) => request ?? []),
    writer,
  );
  await writeSaidEnrolments(
    tx,
    asked.map(({ one: { registrantId, programmeId, told, enrolment }, request }) => ({
      ...{ registrant: registrantId, programme: programmeId, source: source.name, told },
      version: request ? (enrolment?.version ?? 0) + 1 : 0,
    })),
  );
  return new Set(asked.flatMap(({ request }) => request?.registrantId ?? []));
};
