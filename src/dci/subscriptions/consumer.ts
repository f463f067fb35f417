import { setImmediate as breathe } from 'node:timers/promises';
import type { PeerDirectory } from '../../access/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { enqueue, HELD } from '../../delivery/index.ts';
import { type Pump, startPump } from '../../jobs/index.ts';
import {
  type Change,
  consumerPosition,
  createTypeSearch,
  dayOf,
  lastPosition,
  moveConsumer,
  readFeed,
  statesAfter,
} from '../../registry/index.ts';
import type { Registrant } from '../../registry/model.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import type { Database, Reader } from '../../storage/index.ts';
import { registries } from '../registries/all.ts';
import { type Book, createBook } from './book.ts';
import { dueAt } from './frequency.ts';
import { loadKin, membersNamed } from './kin.ts';
import { type Telling, toNotification } from './notification.ts';
import { holdPaused } from './subscriptions.store.ts';
import { type Found, findConcerned, type Surroundings, toTellings } from './tell.ts';

/** The name under which the position in the feed is kept. */
export const CONSUMER = 'dci.subscriptions';

// Changes looked at in one go. Fewer would read too often, more would keep the first waiting for the last.
const BATCH = 500;
// A batch is cut when it has made this many notifications or has taken this long: both bound one transaction.
const MAX_NOTIFICATIONS = 2000;
const MAX_MS = 250;
// Other requests are served in between.
const BREATHE_MS = 15;

export interface ConsumerDeps {
  readonly db: Database;
  readonly registry: Pick<RegistryReader, 'catalogue' | 'kinships' | 'load'>;
  readonly peers: Pick<PeerDirectory, 'bySenderId'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Works on what came after the consumer's position. */
export interface Consumer {
  /** Takes one batch; answers whether there was anything. */
  round(): Promise<boolean>;
}

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly tellings: readonly Telling[];
}

const typesFor = createTypeSearch();

/** The changes that any subscription could be about, and how far the filters of those look. */
const concerning = ({ matcher }: Book, changes: readonly Change[]): { changes: readonly Change[]; depth: number } => {
  let depth = 0;
  const some = changes.filter(({ type, kind }) => {
    const depths = [matcher.depthFor(type, kind), matcher.depthFor(type, 'individual')];
    const known = (type === 'membership.added' ? depths : depths.slice(0, 1)).filter((one) => one !== undefined);
    depth = Math.max(depth, ...known);
    return known.length > 0;
  });
  return { changes: some, depth };
};

/**
 * Matches changes with subscriptions behind the feed, never inside a request: what a batch of changes tells is
 * enqueued together with the move of the consumer's position, so that a kill at any moment neither loses nor doubles
 * a notification.
 */
export const createConsumer = ({ db, registry, peers, clock, log }: ConsumerDeps): Consumer => {
  const book = createBook({ log });

  const surround = async (reader: Reader, changes: readonly Change[], depth: number): Promise<Surroundings> => {
    const now = clock();
    const named = [...new Set(changes.flatMap(membersNamed))];
    const members = named.length > 0 ? await registry.load(named, reader) : new Map<string, Registrant>();
    return {
      now,
      catalogue: registry.catalogue,
      today: dayOf(now),
      typesFor,
      states: await statesAfter(reader, changes),
      members,
      kin: await loadKin(registry, reader, { changes, others: named, depth }),
    };
  };

  const read = (): Promise<Batch | undefined> =>
    db.read(async (reader) => {
      const from = await consumerPosition(reader, CONSUMER);
      const last = await lastPosition(reader);
      if (last <= from) return undefined;
      const began = performance.now();
      const all = await readFeed(reader, from, BATCH);
      // After the changes: a subscription that was there before a change is then known.
      await book.refresh(reader);
      if (book.size() === 0) return { from, to: last, tellings: [] };
      const { changes, depth } = concerning(book, all);
      let to = all.at(-1)?.position ?? from;
      if (changes.length === 0) return { from, to, tellings: [] };

      const around = await surround(reader, changes, depth);
      const found: Found[] = [];
      let breath = performance.now();
      for (const [index, change] of changes.entries()) {
        found.push(...findConcerned(book.matcher, change, around));
        const now = performance.now();
        if (now - breath > BREATHE_MS) {
          await breathe();
          breath = performance.now();
        }
        const isFull = found.length >= MAX_NOTIFICATIONS || now - began > MAX_MS;
        if (isFull && index < changes.length - 1) {
          to = change.position;
          break;
        }
      }
      return { from, to, tellings: await tell(reader, found, around.today) };
    });

  const tell = async (reader: Reader, found: readonly Found[], today: string): Promise<readonly Telling[]> => {
    const showing = found.filter(({ subscription }) => registries[subscription.registry].showsKin(subscription.kind));
    const changes = [...new Set(showing.map(({ change }) => change))];
    const others = showing.flatMap(({ subjects }) => subjects.map(({ id }) => id));
    const kin = await loadKin(registry, reader, { changes, others, depth: showing.length > 0 ? 1 : 0 });
    return await toTellings({ peers }, found, kin, today);
  };

  const commit = ({ from, to, tellings }: Batch): Promise<boolean> => {
    const now = clock();
    const drafts = tellings.flatMap((telling) => {
      const due = dueAt(telling.subscription.frequency, now);
      return due === undefined ? [] : [{ ...toNotification(telling), due }];
    });
    const paused = tellings.flatMap(({ subscription: { status, code } }) => (status === 'paused' ? [code] : []));
    return db.write(async (tx) => {
      if (!(await moveConsumer(tx, CONSUMER, from, to))) return false;
      // What was resumed since is not held, or nobody would ever let it go.
      const held = await holdPaused(tx, [...new Set(paused)]);
      const due = drafts.map((draft) => (held.has(draft.subject ?? '') ? { ...draft, due: HELD } : draft));
      await enqueue(tx, due, now);
      return true;
    });
  };

  return {
    async round() {
      const batch = await read();
      if (!batch) return false;
      await commit(batch);
      return true;
    },
  };
};

/** Runs the consumer until stopped; where several processes do, one of them does each piece of work. */
export const startConsumer = (deps: ConsumerDeps): Pump => {
  const consumer = createConsumer(deps);
  return startPump({
    ...deps,
    name: 'match changes with subscriptions',
    topic: 'feed',
    nextDue: async () => deps.clock(),
    round: () => consumer.round(),
  });
};
