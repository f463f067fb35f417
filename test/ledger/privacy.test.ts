import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sleep } from '../../src/core/async.ts';
import { type Ledger, type LedgerQuestion, program } from '../../src/ledger/index.ts';
import type { EntryDraft } from '../../src/ledger/ports.ts';
import { describeStore } from '../support/stores.ts';
import { editBySql, readBySql } from './raw.ts';
import { exchange, ledgerOn, makeClock } from './support.ts';

const SECRET = 'ZQ-Aminata-4711';

describeStore('erasing messages', ({ database, url, again }) => {
  let ledger: Ledger;
  let folder: string;
  const clock = makeClock();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-erase-'));
    ledger = await ledgerOn(database(), clock);
    for (let i = 0; i < 300; i += 1) {
      const isHers = i % 50 === 7;
      // Some are longer than a database page, so that they lie in pages of their own.
      const text = `${isHers ? SECRET : `other-${i}`} `.repeat(i % 100 === 7 ? 900 : 3);
      await ledger.record(exchange(`m-${i}`, isHers ? SECRET : `UIN-${i}`, text));
    }
    await ledger.checkpoint();
  });
  after(() => rmSync(folder, { recursive: true }));

  const filesHold = (text: string): boolean => {
    const path = url().slice('sqlite:'.length);
    return readdirSync(dirname(path)).some((name) => readFileSync(join(dirname(path), name)).includes(text));
  };

  it('finds nobody by an identifier that no message names', async () => {
    assert.equal((await ledger.eraseSubject('nobody')).erased, 0);
  });

  it('removes a person’s messages and the replies to them, and leaves every proof standing', async () => {
    if (url().startsWith('sqlite:')) assert.ok(filesHold(SECRET));
    const before = (await ledger.verify()).messages;
    const outcome = await ledger.eraseSubject(` ${SECRET.toLowerCase()} `);
    assert.deepEqual(outcome, { erased: 12, copies: 0, purged: true });
    const result = await ledger.verify();
    assert.deepEqual(result.problems, []);
    assert.equal(result.erased, 12);
    assert.equal(result.messages, before - 12);
    assert.equal((await ledger.find({ subject: SECRET })).entries.length, 0);
    const { entries } = await ledger.find({ messageId: 'm-7', bodies: true });
    assert.equal(entries[0]?.body, undefined);
    assert.equal(typeof entries[0]?.erasedBy, 'number');
  });

  it('leaves nothing of them in the database and in bundles', async () => {
    if (url().startsWith('sqlite:')) assert.equal(filesHold(SECRET), false);
    const bodies = await readBySql<{ body: Buffer }>(url(), 'select body from ledger_bodies');
    assert.ok(bodies.length > 0 && !bodies.some(({ body }) => body.includes(SECRET)));
    const out = join(folder, 'erased.ndjson');
    await ledger.exportBundle({ out });
    assert.ok(!readFileSync(out, 'utf8').includes(SECRET));
    assert.deepEqual((await program.verifyBundle(out)).problems, []);
  });

  it('removes by age and direction', async () => {
    clock.pass(86_400_000);
    const limit = new Date(clock()).toISOString();
    await ledger.record(exchange('young'));
    const outcome = await ledger.pruneBodies('out', limit);
    assert.equal(outcome.erased, 294);
    const result = await ledger.verify();
    assert.deepEqual(result.problems, []);
    assert.equal(result.erased, 306);
    assert.equal(
      (await ledger.find({ messageId: 'young-reply', bodies: true })).entries[0]?.body?.toString(),
      '{"reply":"young","text":""}',
    );
    assert.equal((await ledger.pruneBodies('out', limit)).erased, 0);
  });

  it('removes by itself what the rule of a direction says, and nothing where there is no rule', async () => {
    await ledger.record(exchange('aged'));
    clock.pass(10 * 86_400_000);
    await ledger.record(exchange('fresh'));
    const bodyOf = async (messageId: string) =>
      (await ledger.find({ messageId, bodies: true })).entries[0]?.body?.toString();
    const retention = ledger.startRetention({ in: 0, out: 9 });
    for (let i = 0; i < 100 && (await bodyOf('aged-reply')) !== undefined; i += 1) await sleep(20);
    await retention.stop();
    assert.deepEqual(
      [await bodyOf('aged-reply'), typeof (await bodyOf('aged')), typeof (await bodyOf('fresh-reply'))],
      [undefined, 'string', 'string'],
    );
    await ledger.startRetention({ in: 0, out: 0 }).stop();
    assert.deepEqual((await ledger.verify()).problems, []);
  });

  it('finds and removes a message that names many people by any one of them', async () => {
    const people = Array.from({ length: 200 }, (_, i) => `MANY-${i}`);
    const [question, reply] = exchange('many') as [EntryDraft, EntryDraft];
    await ledger.record([{ ...question, subjects: people }, reply]);
    await ledger.record(exchange('one-of-them', 'MANY-150'));
    const found = async (more: LedgerQuestion) =>
      (await ledger.find({ subject: 'many-150', ...more })).entries.map(({ entry }) => entry?.['message_id']);
    assert.deepEqual(await found({}), ['many', 'one-of-them']);
    assert.deepEqual(await found({ messageId: 'many' }), ['many']);
    assert.deepEqual(await found({ messageId: 'fresh' }), []);
    assert.equal((await ledger.eraseSubject('MANY-150')).erased, 4);
    assert.deepEqual(await found({}), []);
    assert.equal((await ledger.eraseSubject('MANY-7')).erased, 0);
    const rows = await readBySql<{ n: number }>(url(), 'select count(*) as n from ledger_subject_lists');
    assert.equal(Number(rows[0]?.n), 0);
    assert.deepEqual((await ledger.verify()).problems, []);
  });

  it('erases once when two processes are asked at the same time', async () => {
    await ledger.record(exchange('twice', 'TWICE'));
    const other = await again();
    try {
      const second = await ledgerOn(other, clock);
      const outcomes = await Promise.all([ledger.eraseSubject('TWICE'), second.eraseSubject('TWICE')]);
      assert.equal(outcomes[0].erased + outcomes[1].erased, 2);
      assert.deepEqual((await ledger.verify()).problems, []);
    } finally {
      await other.close();
    }
  });

  it('is told from a removal that no entry records, and from a message put back', async () => {
    await editBySql(url(), [
      ['insert into ledger_bodies (seq, salt, body) values (14, ?, ?)', Buffer.alloc(16), Buffer.from('{}')],
      ['delete from ledger_bodies where seq = 0'],
    ]);
    const { problems } = await ledger.verify();
    assert.deepEqual(
      problems.map(({ what, seq }) => [what, seq]),
      [
        ['message-altered', 14],
        ['erased-body', 14],
        ['message-missing', 0],
      ],
    );
  });
});
