import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Peer } from '../../src/access/ports.ts';
import type { Question } from '../../src/dci/exchange.ts';
import { operationOf } from '../../src/dci/operations.ts';
import { placeOf } from '../../src/dci/place.ts';
import { subscribe } from '../../src/dci/subscriptions/subscribe.ts';
import type { IndividualDraft } from '../../src/registry/index.ts';
import { runCommand, startCrosswalk } from '../support/crosswalk.ts';
import { makePlace, openPlace } from '../support/place.ts';

const SENDER = 'burst.example.org';
const PATIENCE_MS = 60_000;

const born = (n: number): IndividualDraft => ({
  kind: 'individual',
  active: true,
  identifiers: [{ type: 'national_id', value: `BURST-${n}` }],
  name: { given: `Child ${n}`, family: 'Diallo' },
  birthDate: '2026-01-01',
  sex: '2',
});

/** A subscriber on loopback that acknowledges whatever comes; knows when each notification came. */
const startSubscriber = async () => {
  const arrivals: number[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      arrivals.push(performance.now());
      const timestamp = new Date().toISOString();
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ message: { ack_status: 'ACK', timestamp, correlation_id: 'c' } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals, close: () => server.close() };
};

/**
 * How long it takes until a subscriber has been told, by a server in a process of its own, of so many registrations
 * that another process committed at once: from that commit to the last arrival.
 */
export const measureBurst = async (
  count: number,
): Promise<{ readonly firstMs: number; readonly lastMs: number; readonly cpuSeconds: number }> => {
  const place = await makePlace();
  const subscriber = await startSubscriber();
  const { db, registry } = await openPlace(place);
  const env = { DCI_ALLOW_PRIVATE_CALLBACKS: 'true' };
  await runCommand(place, 'peer', 'add', '--sender-id', SENDER, '--callback', `${subscriber.url}/on-notify`);
  const served = await startCrosswalk(place, env);
  try {
    const peer = { senderId: SENDER, scopes: [] } as unknown as Peer;
    const question = {
      header: { messageId: randomUUID(), senderId: SENDER, isEncrypted: false, totalCount: 1 },
      message: {
        transaction_id: randomUUID(),
        subscribe_request: [
          {
            reference_id: '1',
            timestamp: new Date().toISOString(),
            subscribe_criteria: {
              reg_event_type: 'REGISTER',
              filter: { type: '*', value: '*' },
              notify_record_type: 'Member',
            },
          },
        ],
      },
      peer,
      place: placeOf(peer, operationOf('subscribe'), { named: 'social', configured: 'social' }),
      correlationId: randomUUID(),
    } as unknown as Question;
    await db.write((tx) => subscribe({ registry, clock: Date.now, maxPerSender: 1 })(tx, question));
    const tell = async (from: number, many: number) => {
      const before = subscriber.arrivals.length;
      const cpu = served.cpuSeconds();
      const drafts = Array.from({ length: many }, (_, i) => ({ draft: born(from + i) }));
      await db.write((tx) => registry.save(tx, drafts, 'bench'));
      const committed = performance.now();
      while (subscriber.arrivals.length < before + many) {
        if (performance.now() - committed > PATIENCE_MS) throw new Error('not all notifications came');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return {
        firstMs: Math.round((subscriber.arrivals[before] as number) - committed),
        lastMs: Math.round((subscriber.arrivals.at(-1) as number) - committed),
        cpuSeconds: served.cpuSeconds() - cpu,
      };
    };
    await tell(0, 20);
    return await tell(20, count);
  } finally {
    await served.stop();
    subscriber.close();
    await db.close();
    await place.remove();
  }
};
