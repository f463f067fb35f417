import assert from 'node:assert/strict';
import type { FoundEntry, Ledger } from '../../src/ledger/index.ts';
import type { EntryDraft } from '../../src/ledger/ports.ts';
import { describeStore } from '../support/stores.ts';
import { ledgerOn, makeClock } from './support.ts';

interface Counts {
  readonly calls: number;
  readonly bytes: number;
  readonly places: object;
}

describeStore('what strangers send to the ledger', ({ database }) => {
  let ledger: Ledger;
  const clock = makeClock();
  before(async () => {
    ledger = await ledgerOn(database(), clock);
  });
  const factsOf = (found: FoundEntry | undefined): Counts => found?.entry?.['facts'] as unknown as Counts;
  const garbage = (size: number): EntryDraft => ({
    kind: 'message',
    direction: 'in',
    endpoint: 'POST /registry/search',
    at: new Date(clock()).toISOString(),
    status: 401,
    refusal: 'token.invalid',
    body: Buffer.alloc(size, 'x'),
  });

  it('keeps the first 4 KiB of a body, and a hash of all of it', async () => {
    await ledger.recordStranger(garbage(100_000));
    const [found] = (await ledger.find({ bodies: true })).entries;
    assert.equal(found?.body?.length, 4096);
    assert.match(found?.leaf ?? '', /"body":{"hash":"[^"]+","size":100000}/);
    assert.deepEqual((await ledger.verify()).problems, []);
  });

  it('counts what comes beyond the rate, and writes the count as one entry', async () => {
    await Promise.all(Array.from({ length: 5000 }, () => ledger.recordStranger(garbage(10))));
    await ledger.close();
    const { entries } = await ledger.find({ limit: 1000 });
    assert.equal(entries.length, 101);
    assert.equal(entries.at(-1)?.entry?.['kind'], 'aggregate');
    const facts = factsOf(entries.at(-1));
    assert.equal(facts.calls, 5000 - 99);
    assert.equal(facts.bytes, facts.calls * 10);
    assert.deepEqual(facts.places, { 'POST /registry/search token.invalid': facts.calls });
  });

  it('keeps them one by one again when the rate has fallen', async () => {
    clock.pass(1000);
    for (let i = 0; i < 25; i += 1) await ledger.recordStranger(garbage(10));
    await ledger.close();
    const { entries } = await ledger.find({ limit: 1000, after: 100 });
    assert.equal(entries.length, 21);
    assert.equal(factsOf(entries.at(-1)).calls, 5);
  });

  it('bounds the places it counts apart', async () => {
    for (let i = 0; i < 200; i += 1) await ledger.recordStranger({ ...garbage(1), endpoint: `GET /${i}` });
    await ledger.close();
    const { entries } = await ledger.find({ kind: 'aggregate' });
    assert.equal(Object.keys(factsOf(entries.at(-1)).places).length, 51);
  });
});
