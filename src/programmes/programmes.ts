import { type Clock, toTimestamp } from '../core/clock.ts';
import { isEqualJson } from '../core/equal.ts';
import { Fault } from '../core/fault.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { type ChangeType, dayOf, type Registry } from '../registry/index.ts';
import type { Writer } from '../registry/model.ts';
import type { Database, Reader, Tx } from '../storage/index.ts';
import type { Benefit, Enrolment, EnrolmentRequest, Outcome, Programme, Programmes } from './ports.ts';
import {
  readBenefits,
  readEnrolments,
  readProgrammes,
  writeBenefits,
  writeEnrolments,
  writeProgrammes,
} from './programmes.store.ts';
import { toFacts } from './to-facts.ts';

interface Deps {
  readonly db: Database;
  readonly registry: Pick<Registry, 'load' | 'setFacts'>;
  readonly clock: Clock;
}

interface Event {
  readonly id: string;
  readonly type: ChangeType;
  readonly detail: JsonObject;
}

const key = (...parts: readonly string[]): string => JSON.stringify(parts);

const outcomeOf = (before: object | undefined, after: object): Outcome =>
  before === undefined ? 'created' : isEqualJson(before, after) ? 'unchanged' : 'updated';

/** With the dates that a state brings with it. */
const withDates = (request: EnrolmentRequest, before: Enrolment | undefined, today: string): EnrolmentRequest => {
  const enrolledOn = request.enrolledOn ?? before?.enrolledOn ?? (request.status === 'enrolled' ? today : undefined);
  const exitedOn = request.status === 'exited' ? (request.exitedOn ?? before?.exitedOn ?? today) : undefined;
  const { enrolledOn: _enrolledOn, exitedOn: _exitedOn, ...rest } = request;
  return { ...rest, ...(enrolledOn && { enrolledOn }), ...(exitedOn && { exitedOn }) };
};

/** The programmes of a database; see ports.ts. */
export const createProgrammes = ({ db, registry, clock }: Deps): Programmes => {
  const read = <T>(reader: Reader | undefined, work: (reader: Reader) => Promise<T>): Promise<T> =>
    reader ? work(reader) : db.read(work);

  const knownById = async (tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Programme>> => {
    const known = new Map((await readProgrammes(tx, 'id', ids)).map((one) => [one.id, one]));
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined) throw new Fault('programme.not-found', 'no such programme');
    return known;
  };

  const checkRegistrants = async (tx: Tx, ids: readonly string[]): Promise<void> => {
    const known = await registry.load([...new Set(ids)], tx);
    if (ids.some((id) => !known.has(id))) throw new Fault('registrant.not-found', 'no such registrant');
  };

  /** Tells the registry of what changed, one registrant after the other where several things happened to one. */
  const tell = async (tx: Tx, events: readonly Event[], by: Writer): Promise<void> => {
    const ids = [...new Set(events.map(({ id }) => id))];
    const enrolments = await readEnrolments(tx, ids);
    const benefits = await readBenefits(tx, ids);
    const programmes = await knownById(
      tx,
      [...enrolments, ...benefits].map(({ programmeId }) => programmeId),
    );
    const of = <T extends { readonly registrantId: string }>(list: readonly T[], id: string): readonly T[] =>
      list.filter(({ registrantId }) => registrantId === id);
    for (let left = events; left.length > 0; ) {
      const now = left.filter(({ id }, i) => left.findIndex((one) => one.id === id) === i);
      left = left.filter((event) => !now.includes(event));
      const requests = now.map(({ id, type, detail }) => ({
        id,
        source: 'programmes',
        facts: toFacts(of(enrolments, id), of(benefits, id), programmes),
        event: { type, detail },
      }));
      await registry.setFacts(tx, requests, by);
    }
  };

  const findAll = async (from: Reader, identifiers: readonly string[]): Promise<ReadonlyMap<string, Programme>> =>
    new Map((await readProgrammes(from, 'identifier', identifiers)).map((one) => [one.identifier, one]));

  return {
    async save(tx, programmes) {
      const identifiers = programmes.map(({ identifier }) => identifier);
      const known = new Map(await findAll(tx, identifiers));
      const outcomes = programmes.map((one): Outcome => {
        const before = known.get(one.identifier);
        const after = { ...one, id: before?.id ?? '' };
        known.set(one.identifier, after);
        return outcomeOf(before, after);
      });
      const last = new Map(programmes.map((one) => [one.identifier, one]));
      await writeProgrammes(tx, [...last.values()], toTimestamp(clock()));
      return outcomes;
    },

    find: (identifiers, reader) => read(reader, (from) => findAll(from, identifiers)),

    async ensure(tx, named) {
      const identifiers = named.map(({ identifier }) => identifier);
      const known = await findAll(tx, identifiers);
      const missing = new Map(
        named.filter(({ identifier }) => !known.has(identifier)).map((one) => [one.identifier, one]),
      );
      if (missing.size === 0) return known;
      const made = [...missing.values()].map(({ identifier, name = identifier }) => ({
        ...{ identifier, name, active: true, detail: {} },
      }));
      await writeProgrammes(tx, made, toTimestamp(clock()));
      return await findAll(tx, identifiers);
    },

    async enrol(tx, requests, by, { told = false } = {}) {
      const programmes = await knownById(
        tx,
        requests.map(({ programmeId }) => programmeId),
      );
      await checkRegistrants(
        tx,
        requests.map(({ registrantId }) => registrantId),
      );
      const stored = await readEnrolments(tx, [...new Set(requests.map(({ registrantId }) => registrantId))]);
      const current = new Map(stored.map((one) => [key(one.registrantId, one.programmeId), one]));
      const changed = new Map<string, Enrolment>();
      const events: Event[] = [];
      const outcomes = requests.map((request): Outcome => {
        const at = key(request.registrantId, request.programmeId);
        const before = current.get(at);
        const wanted = withDates(request, before, dayOf(clock()));
        const outcome = outcomeOf(before, { ...wanted, version: before?.version ?? 1 });
        if (outcome === 'unchanged') return outcome;
        const after: Enrolment = { ...wanted, version: (before?.version ?? 0) + 1 };
        current.set(at, after);
        changed.set(at, after);
        events.push({
          id: request.registrantId,
          type: before ? 'enrolment.changed' : 'enrolment.added',
          detail: {
            programme: programmes.get(request.programmeId)?.identifier as Json,
            status: after.status,
            oldStatus: before?.status ?? null,
            ...(told ? { told } : {}),
          },
        });
        return outcome;
      });
      await writeEnrolments(tx, [...changed.values()], toTimestamp(clock()));
      await tell(tx, events, by);
      return outcomes;
    },

    async book(tx, benefits, by) {
      const programmes = await knownById(
        tx,
        benefits.map(({ programmeId }) => programmeId),
      );
      await checkRegistrants(
        tx,
        benefits.map(({ registrantId }) => registrantId),
      );
      const stored = await readBenefits(tx, [...new Set(benefits.map(({ registrantId }) => registrantId))]);
      const keyOf = (one: Benefit): string => key(one.registrantId, one.programmeId, one.reference);
      const current = new Map(stored.map((one) => [keyOf(one), one]));
      const changed = new Map<string, Benefit>();
      const events: Event[] = [];
      const outcomes = benefits.map((benefit): Outcome => {
        const before = current.get(keyOf(benefit));
        const outcome = outcomeOf(before, benefit);
        if (outcome === 'unchanged') return outcome;
        current.set(keyOf(benefit), benefit);
        changed.set(keyOf(benefit), benefit);
        events.push({
          id: benefit.registrantId,
          type: before ? 'benefit.changed' : 'benefit.added',
          detail: {
            programme: programmes.get(benefit.programmeId)?.identifier as Json,
            reference: benefit.reference,
            type: benefit.type,
          },
        });
        return outcome;
      });
      await writeBenefits(tx, [...changed.values()]);
      await tell(tx, events, by);
      return outcomes;
    },

    enrolmentsOf: (ids, reader) => read(reader, (from) => readEnrolments(from, ids)),
    benefitsOf: (ids, reader) => read(reader, (from) => readBenefits(from, ids)),
  };
};
