import { randomUUID } from 'node:crypto';
import type { Peer } from '../../src/access/ports.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { Question } from '../../src/dci/exchange.ts';
import { operationOf } from '../../src/dci/operations.ts';
import { placeOf } from '../../src/dci/place.ts';
import { createConsumer } from '../../src/dci/subscriptions/consumer.ts';
import { NOTIFY } from '../../src/dci/subscriptions/notification.ts';
import { subscribe } from '../../src/dci/subscriptions/subscribe.ts';
import { listDeliveries } from '../../src/delivery/index.ts';
import type { IndividualDraft } from '../../src/registry/index.ts';
import { makePlace, openPlace } from '../support/place.ts';
import { median, percentile, type Row, toRow } from '../support/row.ts';
import { measureBurst } from './burst.ts';

const SUBSCRIPTIONS = 10_000;
const CHANGES = 200;
const BURST = 1000;
const ITEMS = 1000;

const peer: Peer = {
  id: 'bench',
  senderId: 'bench.example.org',
  keys: [],
  signature: 'ed25519',
  source: false,
  mustSign: false,
  scopes: [],
  active: true,
};

const predicate = (...expressions: readonly (readonly [string, string, string])[]): object[] =>
  expressions.map(([attribute_name, operator, attribute_value]) => ({
    expression1: { attribute_name, operator, attribute_value },
  }));

const region = (i: number): string => `R-${i}`;

/** What the n-th subscriber watches: a person, a region, an age within a region, or an age alone. */
const filterOf = (n: number): object => {
  switch (n % 5) {
    case 0:
    case 1:
      return { type: 'UIN', value: `ID-${n}` };
    case 2:
      return predicate(['region_code', 'eq', region(n % 997)]);
    case 3:
      return predicate(['age', 'lt', String(5 + (n % 60))], ['region_code', 'eq', region(n % 997)]);
    default:
      return predicate(['birth_date', 'ge', `${1920 + (n % 100)}-0${1 + (n % 9)}-1${n % 10}`]);
  }
};

/** A person whom few subscribers watch: one by the identifier, some by region and age. */
const who = (n: number): IndividualDraft => ({
  kind: 'individual',
  active: true,
  identifiers: [{ type: 'national_id', value: `ID-${n * 5}` }],
  name: { given: 'Amina', family: 'Diallo' },
  birthDate: '1921-01-01',
  sex: '2',
  addresses: [{ regionCode: region(n % 997) }],
});

/** How many of the filters hold for a person, by the letter of `filterOf`. */
const expected = (n: number): number => {
  let count = 0;
  for (let i = 0; i < SUBSCRIPTIONS; i += 1) {
    const sameRegion = i % 997 === n % 997;
    if (i % 5 <= 1 && i === n * 5) count += 1;
    if (i % 5 === 2 && sameRegion) count += 1;
    if (i % 5 === 4 && '1921-01-01' >= `${1920 + (i % 100)}-0${1 + (i % 9)}-1${i % 10}`) count += 1;
  }
  return count;
};

/** Row: one change matched with ten thousand subscriptions, and told to the right ones only. */
export const benchSubscriptions = async (): Promise<Row> => {
  const place = await makePlace();
  const { db, registry } = await openPlace(place);
  try {
    const answer = subscribe({ registry, clock: Date.now, maxPerSender: SUBSCRIPTIONS });
    for (let at = 0; at < SUBSCRIPTIONS; at += ITEMS) {
      const subscribe_request = Array.from({ length: ITEMS }, (_, i) => ({
        reference_id: String(at + i),
        timestamp: new Date().toISOString(),
        subscribe_criteria: {
          reg_event_type: `spdci:${at + i}:REGISTER`,
          filter: filterOf(at + i),
          notify_record_type: 'Member',
        },
      }));
      const question = {
        header: { messageId: randomUUID(), senderId: peer.senderId, isEncrypted: false, totalCount: ITEMS },
        message: { transaction_id: randomUUID(), subscribe_request },
        peer,
        place: placeOf(peer, operationOf('subscribe'), { named: 'social', configured: 'social' }),
        correlationId: randomUUID(),
      } as unknown as Question;
      const { completed, status } = await db.write((tx) => answer(tx, question));
      if (completed !== ITEMS || status !== 'succ') throw new Error('a subscription was refused');
    }
    const peers = { bySenderId: async () => peer };
    const consumer = createConsumer({ db, registry, peers, clock: Date.now, log: silentLogger });
    const change = (from: number, count: number) =>
      db.write((tx) =>
        registry.save(
          tx,
          Array.from({ length: count }, (_, i) => ({ draft: who(from + i) })),
          'bench',
        ),
      );

    await change(0, 1);
    await consumer.round();
    const times: number[] = [];
    for (let n = 1; n <= CHANGES; n += 1) {
      await change(n, 1);
      const began = performance.now();
      await consumer.round();
      times.push(performance.now() - began);
    }
    const made = await db.read((reader) => listDeliveries(reader, { limit: 1_000_000 }));
    const right = Array.from({ length: CHANGES + 1 }, (_, n) => expected(n)).reduce((sum, n) => sum + n, 0);
    const told = made.filter(({ kind }) => kind === NOTIFY).length;
    if (told !== right) throw new Error(`${told} notifications were made, ${right} are right`);

    await change(CHANGES + 1, BURST);
    const began = performance.now();
    while (await consumer.round());
    const burst = performance.now() - began;

    const told1000 = await measureBurst(BURST);
    const ours = median(times);
    return toRow({
      name: 'one change matched with 10 000 subscriptions',
      unit: 'milliseconds, the commit of its notifications included',
      ours,
      budget: { is: 'at most', value: 50, of: 'ours' },
      about: {
        aim: 10,
        p99: percentile(times, 0.99),
        notificationsPerChange: Number((told / (CHANGES + 1)).toFixed(1)),
        burstOf1000MatchedMilliseconds: Math.round(burst),
        burstOf1000FirstToldMilliseconds: told1000.firstMs,
        burstOf1000AllToldMilliseconds: told1000.lastMs,
        burstOf1000CpuSeconds: Number(told1000.cpuSeconds.toFixed(2)),
      },
    });
  } finally {
    await db.close();
    await place.remove();
  }
};
