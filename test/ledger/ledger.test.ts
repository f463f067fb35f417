import assert from 'node:assert/strict';
import canonicalize from 'canonicalize';
import type { Ledger } from '../../src/ledger/index.ts';
import { describeStore } from '../support/stores.ts';
import { exchange, ledgerOn, makeClock } from './support.ts';

describeStore('the ledger', ({ database, again }) => {
  let ledger: Ledger;
  const clock = makeClock();
  before(async () => {
    ledger = await ledgerOn(database(), clock);
  });

  it('numbers entries from 0, in the order given, and links a reply to its request', async () => {
    assert.deepEqual(await ledger.record(exchange('m-1')), [0, 1]);
    const { entries } = await ledger.find({ messageId: 'm-1-reply', bodies: true });
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.entry?.['reply_to'], 0);
    assert.equal(entries[0]?.body?.toString(), '{"reply":"m-1","text":""}');
  });

  it('writes leaves in canonical JSON, whatever strangers put in', async () => {
    const [seq] = await ledger.record([
      {
        kind: 'access',
        direction: 'in',
        endpoint: 'GET /x\ud800',
        at: '2026-11-24T08:00:00.000Z',
        messageId: `a\0${'b'.repeat(1000)}`,
        facts: { z: 1, a: { '10': true, '9': null, é: ['x\0'] } },
        signature: { form: 'jws', verified: true, key: { kty: 'OKP', x: 'abc', d: 'secret', crv: 'Ed25519' } },
      },
    ]);
    const { entries } = await ledger.find({ kind: 'access' });
    const leaf = entries.at(-1)?.leaf as string;
    assert.equal(entries.at(-1)?.seq, seq);
    assert.equal(leaf, canonicalize(JSON.parse(leaf)));
    assert.ok(!leaf.includes('secret') && !leaf.includes('\\u0000'));
  });

  it('commits an entry with the state it belongs to, or not at all', async () => {
    const before = (await ledger.find({ limit: 1000 })).entries.length;
    await assert.rejects(
      database().write(async (tx) => {
        ledger.append(tx, exchange('rolled-back'));
        throw new Error('no');
      }),
      /no/,
    );
    const appended = await database().write(async (tx) => {
      const first = ledger.append(tx, exchange('kept-1'));
      const second = ledger.append(tx, exchange('kept-2'));
      return [first, second];
    });
    assert.deepEqual(
      appended.map(({ seqs }) => seqs),
      [
        [before, before + 1],
        [before + 2, before + 3],
      ],
    );
    assert.equal((await ledger.find({ messageId: 'rolled-back' })).entries.length, 0);
  });

  it('answers by peer, time, message, transaction and person, page by page, both ways', async () => {
    clock.pass(60_000);
    const since = new Date(clock()).toISOString();
    for (let i = 0; i < 5; i += 1) await ledger.record(exchange(`page-${i}`, 'Person-7'));
    const forward = await ledger.find({ from: since, limit: 4 });
    assert.equal(forward.entries.length, 4);
    const rest = await ledger.find({ from: since, limit: 100, after: forward.next as number });
    assert.equal(rest.entries.length, 6);
    assert.equal(rest.next, undefined);
    const newest = await ledger.find({ from: since, newestFirst: true, limit: 3 });
    assert.deepEqual(
      newest.entries.map(({ seq }) => seq),
      [...newest.entries.map(({ seq }) => seq)].sort((a, b) => b - a),
    );
    const named = await ledger.find({ subject: ' person-7' });
    assert.equal(named.entries.length, 5);
    assert.equal((await ledger.find({ transactionId: 't-page-3' })).entries.length, 2);
    assert.equal((await ledger.find({ peer: 'somebody else' })).entries.length, 0);
    await assert.rejects(ledger.find({ from: 'yesterday' }), /not a time/);
  });

  it('verifies, with its checkpoint, and says what it saw', async () => {
    await ledger.checkpoint();
    const result = await ledger.verify();
    assert.deepEqual(result.problems, []);
    assert.equal(result.ok, true);
    assert.equal(result.unsigned, 0);
    assert.ok(result.signatures >= 8);
    assert.equal(result.trusted[0]?.sender_id, 'spmis.example.org');
    assert.ok(result.notes.some((note) => note.includes('--against') || note.includes('earlier')));
  });

  it('appends from several open databases to one tree', async () => {
    const others = await Promise.all([again(), again()]);
    try {
      const ledgers = [ledger, ...(await Promise.all(others.map((db) => ledgerOn(db, clock))))];
      const before = (await ledger.find({ newestFirst: true, limit: 1 })).entries[0]?.seq as number;
      const seqs = await Promise.all(
        ledgers.flatMap((one, who) =>
          Array.from({ length: 40 }, async (_, i) => {
            if (i % 4 > 0) return one.record(exchange(`p${who}-${i}`));
            const db = [database(), ...others][who] as (typeof others)[number];
            return (await db.write(async (tx) => one.append(tx, exchange(`p${who}-${i}`)))).seqs;
          }),
        ),
      );
      const all = seqs.flat().sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: 240 }, (_, i) => before + 1 + i),
      );
      await ledger.checkpoint();
      assert.deepEqual((await ledger.verify()).problems, []);
    } finally {
      await Promise.all(others.map((db) => db.close()));
    }
  });
});
