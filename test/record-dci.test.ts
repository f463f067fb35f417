import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Peer } from '../src/access/ports.ts';
import { systemClock } from '../src/core/clock.ts';
import type { CallRecorder, Exchange } from '../src/dci/exchange.ts';
import type { Ledger } from '../src/ledger/index.ts';
import { recordDci } from '../src/record-dci.ts';
import { type Database, knexOf } from '../src/storage/index.ts';
import { createSeenMessages } from '../src/trust/index.ts';
import { ledgerOn, peerKey, signedSearch } from './ledger/support.ts';
import { describeStore } from './support/stores.ts';

const peer: Peer = {
  id: 'p-1',
  senderId: 'spmis.example.org',
  keys: [peerKey.jwk],
  signature: 'ed25519',
  source: false,
  mustSign: false,
  scopes: [],
  active: true,
};

/** A call that was read, checked and answered, as the steps of the door leave it. */
const answered = (messageId: string, value = 'UIN-1'): Exchange => {
  const { body, signature } = signedSearch(messageId, { value });
  const envelope = JSON.parse(body.toString()) as { message: object };
  const { form, verified, algorithm, kid, key } = signature;
  return {
    traceId: 't',
    receivedAt: systemClock(),
    path: '/registry/sync/search',
    peer,
    body,
    claims: { messageId, senderId: peer.senderId },
    verification: { form, verified, ...(algorithm && { algorithm }), ...(kid && { kid }), ...(key && { key }) },
    envelope,
    message: envelope.message,
    status: 200,
    answer: Buffer.from('{"signature":"","header":{},"message":{}}'),
    reply: {
      body: Buffer.from('{}'),
      messageId: `re-${messageId}`,
      message: { correlation_id: 'c-1', search_response: [{ data: { reg_records: [{ identifier_value: 'UIN-9' }] } }] },
      signature: { form: 'none', verified: false },
      from: 'crosswalk.local',
    },
  };
};

describeStore('calls on the ledger', ({ database, again }) => {
  let ledger: Ledger;
  let calls: CallRecorder;
  const recorderOn = async (db: Database): Promise<[Ledger, CallRecorder]> => {
    const own = await ledgerOn(db, systemClock);
    return [own, recordDci({ db, ledger: own, seenMessages: createSeenMessages(), clock: systemClock })];
  };
  before(async () => {
    [ledger, calls] = await recorderOn(database());
  });
  const entriesOf = async (messageId: string) => (await ledger.find({ messageId })).entries;

  it('put an accepted message and its answer there with the mark that its id is used up', async () => {
    assert.equal(await calls.accept(answered('m-1')), 'accepted');
    const [question] = await entriesOf('m-1');
    const [reply] = await entriesOf('re-m-1');
    assert.equal(question?.entry?.['transaction_id'], 't-m-1');
    assert.equal(reply?.entry?.['reply_to'], question?.seq);
    assert.equal(reply?.entry?.['correlation_id'], 'c-1');
    assert.equal((await ledger.find({ subject: 'UIN-9' })).entries.length, 1);
  });

  it('write nothing for an id that was accepted before, and say whether the bytes were the same', async () => {
    assert.equal(await calls.accept(answered('m-2')), 'accepted');
    assert.equal(await calls.accept(answered('m-2')), 'identical');
    assert.equal(await calls.accept(answered('m-2', 'UIN-2')), 'duplicate');
    assert.equal((await entriesOf('m-2')).length, 1);
  });

  it('use up no id whose entries could not be written', async () => {
    const rename = (from: string, to: string) =>
      database().write(async (tx) => {
        await knexOf(tx).schema.renameTable(from, to);
      });
    await rename('ledger_bodies', 'set_aside');
    await assert.rejects(calls.accept(answered('m-3')));
    await rename('set_aside', 'ledger_bodies');
    assert.equal(await calls.accept(answered('m-3')), 'accepted');
    assert.equal((await entriesOf('m-3')).length, 1);
  });

  it('commit with the change they belong to, or not at all', async () => {
    await assert.rejects(
      database().write(async (tx) => {
        assert.equal(await calls.acceptIn(tx, answered('m-4')), 'accepted');
        throw new Error('the change fails');
      }),
      /the change fails/,
    );
    assert.equal((await entriesOf('m-4')).length, 0);
    assert.equal(await database().write((tx) => calls.acceptIn(tx, answered('m-4'))), 'accepted');
    assert.equal(await calls.accept(answered('m-4')), 'identical');
    assert.equal((await entriesOf('m-4')).length, 1);
  });

  it('let one of several processes win each id, whatever else they record', async () => {
    const other = await again();
    const [otherLedger, otherCalls] = await recorderOn(other);
    const ids = Array.from({ length: 60 }, () => randomUUID());
    const rounds = await Promise.all([
      ...ids.map((id) => calls.accept(answered(id))),
      ...[...ids].reverse().map((id) => otherCalls.accept(answered(id))),
      ...ids.map((id) => calls.record({ ...answered(id), claims: { messageId: `refused-${id}` } })),
      ...ids.map((id) => otherCalls.record({ ...answered(id), claims: { messageId: `refused-${id}` } })),
    ]);
    assert.equal(rounds.filter((result) => result === 'accepted').length, ids.length);
    for (const id of ids) {
      assert.equal((await entriesOf(id)).length, 1);
      assert.equal((await entriesOf(`refused-${id}`)).length, 2);
    }
    await otherLedger.close();
    await other.close();
  });

  it('verify', async () => {
    await ledger.checkpoint();
    const { ok, problems } = await ledger.verify();
    assert.deepEqual(problems, []);
    assert.equal(ok, true);
  });
});
