import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Peer } from '../../../src/access/ports.ts';
import type { Exchange, Question } from '../../../src/dci/exchange.ts';
import { operationOf } from '../../../src/dci/operations.ts';
import { placeOf } from '../../../src/dci/place.ts';
import { createTransactions } from '../../../src/dci/transactions/accept.ts';
import { claim } from '../../../src/dci/transactions/transactions.store.ts';
import type { Acceptance } from '../../../src/trust/index.ts';
import { describeStore } from '../../support/stores.ts';

const peer: Peer = {
  id: 'p',
  senderId: 'spmis.example.org',
  keys: [],
  signature: 'ed25519',
  source: false,
  mustSign: false,
  scopes: ['registry.search'],
  active: true,
};

const question = (messageId: string = randomUUID()): Question => ({
  header: {
    version: '1.0.0',
    messageId,
    messageTs: '2026-03-01T12:00:00Z',
    action: 'search',
    senderId: peer.senderId,
    totalCount: 1,
    isEncrypted: false,
  },
  message: { transaction_id: 'txn-1', search_request: [] },
  peer,
  place: placeOf(peer, operationOf('search'), { configured: 'social' }),
  correlationId: randomUUID(),
});

describeStore('an accepted asynchronous message', ({ database }) => {
  let now = Date.parse('2026-03-01T12:00:00Z');
  let acceptance: Acceptance = 'accepted';
  const exchange = (): Exchange => ({ traceId: 't', receivedAt: now, path: '/registry/search' });
  const open = () =>
    createTransactions({ db: database(), clock: () => now, calls: { acceptIn: async () => acceptance } });
  const claimed = async (): Promise<string[]> => {
    const found = await database().write((tx) => claim(tx, { now, leaseMs: 3000, limit: 10 }));
    return found.map(({ correlationId }) => correlationId);
  };
  beforeEach(async () => {
    now += 1_000_000;
    acceptance = 'accepted';
    // What the test before left is out of the way.
    await database().write((tx) => claim(tx, { now, leaseMs: 1e12, limit: 100 }));
  });

  it('is not worked on before its Ack is out', async () => {
    const asked = question();
    await open().accept(exchange(), asked, 'search');
    assert.deepEqual(await claimed(), []);
    await open().acknowledged(asked.correlationId);
    assert.deepEqual(await claimed(), [asked.correlationId]);
  });

  it('is worked on a little later when the process died before it could say so', async () => {
    const asked = question();
    await open().accept(exchange(), asked, 'search');
    now += 2000;
    assert.deepEqual(await claimed(), [asked.correlationId]);
  });

  it('is worked on again when a process was killed over it', async () => {
    const asked = question();
    await open().accept(exchange(), asked, 'search');
    await open().acknowledged(asked.correlationId);
    assert.equal((await claimed()).length, 1);
    assert.equal((await claimed()).length, 0);
    now += 3000;
    assert.deepEqual(await claimed(), [asked.correlationId]);
  });

  it('keeps the rights that its token had', async () => {
    await open().accept(exchange(), question(), 'search');
    now += 2000;
    const [found] = await database().write((tx) => claim(tx, { now, leaseMs: 3000, limit: 10 }));
    assert.deepEqual(found?.question.scopes, ['registry.search']);
  });

  it('gets the very same Ack again for the same bytes, and nothing for others', async () => {
    const asked = question();
    const ack = await open().accept(exchange(), asked, 'search');
    now += 60_000;
    acceptance = 'identical';
    const again = exchange();
    assert.deepEqual(await open().accept(again, question(asked.header.messageId), 'search'), ack);
    assert.equal(again.isRecorded, false, 'the repeat is on the ledger as a call of its own');
    acceptance = 'duplicate';
    await assert.rejects(open().accept(exchange(), question(asked.header.messageId), 'search'), {
      code: 'dci.message-duplicate',
    });
    // The same bytes as a synchronous call that was answered: there is no Ack to repeat.
    acceptance = 'identical';
    await assert.rejects(open().accept(exchange(), question(), 'search'), { code: 'dci.message-duplicate' });
  });
});
