import { keepFields, type PeerDirectory } from '../../access/index.ts';
import { isFault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Change, EvaluateContext } from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import type { Kinship } from '../../registry/ports.ts';
import { registries } from '../registries/all.ts';
import type { KinOf } from './kin.ts';
import { membersNamed } from './kin.ts';
import type { Match, Matcher } from './matcher.ts';
import type { Telling } from './notification.ts';
import { notifyUrl } from './notify-url.ts';
import { permitTelling } from './permit-telling.ts';
import { hasEnded, type Subscription } from './subscription.ts';

/** What is known around a run of changes; loaded for all of them at once. */
export interface Surroundings extends Pick<EvaluateContext, 'catalogue' | 'today' | 'typesFor'> {
  readonly now: number;
  /** The registrant as each change left it, by position. */
  readonly states: ReadonlyMap<number, Registrant | null>;
  /** Individuals that changes of memberships name, by id. */
  readonly members: ReadonlyMap<string, Registrant>;
  /** For filters. */
  readonly kin: KinOf;
}

/** A match, and those whose records are to be sent. */
export interface Found extends Match {
  readonly change: Change;
  readonly subjects: readonly Registrant[];
}

/** The subscriptions that a change concerns. */
export const findConcerned = (matcher: Matcher, change: Change, around: Surroundings): readonly Found[] => {
  const { catalogue, today, typesFor, kin, now } = around;
  const after = around.states.get(change.position) ?? null;
  const context = { catalogue, today, typesFor, kinships: kin.after(change), kinshipsBefore: kin.before(change) };
  const happened = { type: change.type, day: change.at.slice(0, 10), detail: change.detail };
  const isDue = ({ subscription }: Match): boolean =>
    subscription.sincePosition < change.position && !hasEnded(subscription, now);

  const named = membersNamed(change).flatMap((id) => around.members.get(id) ?? []);
  const found = new Map<string, Found>();
  const own = matcher.match({ ...happened, kind: change.kind, before: change.before, after }, context);
  for (const match of own.filter(isDue)) {
    const isOfPersons = match.subscription.kind !== change.kind;
    const subjects = isOfPersons ? named : [after ?? change.before].filter((one) => one !== null);
    if (subjects.length > 0) found.set(match.subscription.code, { ...match, change, subjects });
  }
  // A change of a group's members is one of each of them, too, for those who watch persons.
  for (const member of change.type === 'membership.added' ? named : []) {
    const happening = { ...happened, kind: 'individual' as const, before: member, after: member };
    for (const match of matcher.match(happening, context).filter(isDue)) {
      const known = found.get(match.subscription.code);
      if (known?.subjects.includes(member)) continue;
      found.set(match.subscription.code, { ...match, change, subjects: [...(known?.subjects ?? []), member] });
    }
  }
  return [...found.values()];
};

/** Of one that was deleted: what tells whom it was, and nothing else. */
const bare = ({ kind, id, seq, active, identifiers, version, createdAt, updatedAt }: Registrant): Registrant =>
  ({ kind, id, seq, active, identifiers, version, createdAt, updatedAt, provenance: {} }) as Registrant;

const recordOf = (
  { registry }: Subscription,
  subject: Registrant,
  change: Change,
  kin: readonly Kinship[],
  today: string,
): JsonObject => {
  const { toRecord } = registries[registry];
  const isGone = change.type === 'registrant.deleted';
  if (isGone) return keepFields(toRecord(bare(subject), { kin: [], today }), ['identifier']);
  return toRecord(subject, { kin, today });
};

export interface TellDeps {
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
}

/**
 * What the subscribers are told: the records as each of them asked for them and may see them. Who may not be told any
 * more, or is no peer any more, is told nothing.
 */
export const toTellings = async (
  { peers }: TellDeps,
  found: readonly Found[],
  kin: KinOf,
  today: string,
): Promise<readonly Telling[]> => {
  const records = new Map<string, JsonObject>();
  const record = (subscription: Subscription, subject: Registrant, change: Change): JsonObject => {
    const key = `${subscription.registry} ${subject.id} ${change.position}`;
    let made = records.get(key);
    if (!made) {
      made = recordOf(subscription, subject, change, kin.after(change)(subject.id), today);
      records.set(key, made);
    }
    return made;
  };

  const tellings: Telling[] = [];
  for (const { subjects, change, ...match } of found) {
    const { subscription } = match;
    const peer = await peers.bySenderId(subscription.senderId);
    if (!peer) continue;
    try {
      const { reveal } = permitTelling(peer, subscription);
      const seen = subjects.map((subject) => {
        const whole = reveal(record(subscription, subject, change));
        return subscription.fields ? keepFields(whole, subscription.fields) : whole;
      });
      tellings.push({ ...match, change, records: seen, url: notifyUrl(subscription.senderUri, peer.callback) });
    } catch (error) {
      if (!isFault(error) || error.code !== 'policy.refused') throw error;
    }
  }
  return tellings;
};
