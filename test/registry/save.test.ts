import assert from 'node:assert/strict';
import { Fault } from '../../src/core/fault.ts';
import { compare, type Registry, readFeed } from '../../src/registry/index.ts';
import { describeStore } from '../support/stores.ts';
import { BY, get, handClock, household, ids, NOW, person, put, registryOn, unique } from './support.ts';

const DAY = 86_400_000;

const isFault =
  (code: string, details: object = {}) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code);
    for (const [name, value] of Object.entries(details)) assert.deepEqual(error.details[name], value);
    return true;
  };

describeStore('saving registrants', ({ database }) => {
  let registry: Registry;
  before(() => {
    registry = registryOn(database());
  });
  const save = (...args: Parameters<Registry['save']> extends [unknown, ...infer Rest] ? Rest : never) =>
    database().write((tx) => registry.save(tx, ...args));

  it('gives back what was saved, with version 1 and its writer', async () => {
    const draft = person('Amina', {
      identifiers: [{ type: 'national_id', value: unique('N') }],
      birthDate: '1990-04-12',
      sex: '2',
      sections: { member: { marital_status: 'M' } },
      attributes: { rooms: 3 },
    });
    const [id] = await put(database(), registry, draft);
    const { seq, ...stored } = await get(registry, id as string);
    assert.equal(typeof seq, 'number');
    assert.deepEqual(stored, {
      ...draft,
      id,
      version: 1,
      createdAt: new Date(NOW).toISOString(),
      updatedAt: new Date(NOW).toISOString(),
      provenance: { '*': BY },
    });
  });

  it('changes nothing when the draft equals what is stored, however its members are ordered', async () => {
    const [id] = await put(database(), registry, person('Awa', { sex: '2', attributes: { a: 1, b: [1, 2] } }));
    const before = await database().read((reader) => readFeed(reader, 0, 10_000));
    const again = { attributes: { b: [1, 2], a: 1 }, ...person('Awa'), sex: '2' as const, telecom: [] };
    const [saved] = await save([{ id: id as string, draft: again }], BY);
    assert.deepEqual(saved, { id, version: 1, outcome: 'unchanged' });
    assert.equal((await database().read((reader) => readFeed(reader, 0, 10_000))).length, before.length);
  });

  it('updates, clearing what the draft leaves out, and records who changed what', async () => {
    const [id] = await put(database(), registry, person('Binta', { sex: '2', birthDate: '1980-01-01' }));
    const draft = person('Bintou', { birthDate: '1980-01-01' });
    const [saved] = await save([{ id: id as string, draft, expectedVersion: 1 }], 'odk:pilot');
    assert.deepEqual(saved, { id, version: 2, outcome: 'updated' });
    const stored = await get(registry, id as string);
    assert.equal(stored.kind === 'individual' && stored.sex, undefined);
    assert.deepEqual(stored.provenance, { '*': BY, 'name.given': 'odk:pilot', sex: 'odk:pilot' });
  });

  it('finds by the new values and no longer by the old ones', async () => {
    const old = unique('Old');
    const fresh = unique('New');
    const [id] = await put(database(), registry, person(old, { addresses: [{ city: old }] }));
    await save([{ id: id as string, draft: person(fresh, { addresses: [{ city: fresh }] }) }], BY);
    for (const attribute of ['given_name', 'locality']) {
      assert.deepEqual(await ids(registry, compare(attribute, 'eq', old)), []);
      assert.deepEqual(await ids(registry, compare(attribute, 'eq', fresh)), [id]);
    }
  });

  it('refuses a version that is not the stored one', async () => {
    const [id] = await put(database(), registry, person('Coumba'));
    await assert.rejects(
      save([{ id: id as string, draft: person('X'), expectedVersion: 7 }], BY),
      isFault('record.version-conflict', { index: 0 }),
    );
  });

  it('refuses an unknown id', async () => {
    await assert.rejects(save([{ id: 'nobody', draft: person('X') }], BY), isFault('registrant.not-found'));
  });

  it('takes an id that the caller chose, once', async () => {
    const newId = '0d6f0000-0000-4000-8000-000000000001';
    const [saved] = await save([{ newId, draft: person('Dado') }], BY);
    assert.equal(saved?.id, newId);
    await assert.rejects(
      save([{ newId, draft: person('Dado') }], BY),
      isFault('identifier.taken', { type: 'system_id', index: 0 }),
    );
  });

  it('lets one batch change the same registrant twice', async () => {
    const newId = '0d6f0000-0000-4000-8000-000000000002';
    const saved = await save(
      [
        { newId, draft: person('One') },
        { id: newId, draft: person('Two') },
        { id: newId, draft: person('Three') },
      ],
      BY,
    );
    assert.deepEqual(
      saved.map(({ version }) => version),
      [1, 2, 3],
    );
    const stored = await get(registry, newId);
    assert.equal(typeof stored.name === 'object' && stored.name.given, 'Three');
  });

  it('refuses a live identifier of another registrant, naming its type and not its value', async () => {
    const value = unique('N');
    await put(database(), registry, person('Elhadj', { identifiers: [{ type: 'UIN', value }] }));
    const other = person('Fanta', { identifiers: [{ type: 'national_id', value }] });
    await assert.rejects(save([{ draft: person('Y') }, { draft: other }], BY), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'identifier.taken');
      assert.deepEqual(error.details, { type: 'national_id', index: 1, path: '/identifiers/0' });
      assert.ok(!error.message.includes(value));
      return true;
    });
    assert.deepEqual(await ids(registry, compare('given_name', 'eq', 'Y')), []);
  });

  it('refuses the same identifier twice in one batch', async () => {
    const identifiers = [{ type: 'card', value: unique('C') }];
    await assert.rejects(
      save([{ draft: person('A', { identifiers }) }, { draft: person('B', { identifiers }) }], BY),
      isFault('identifier.taken', { index: 1 }),
    );
  });

  it('lets one batch hand an identifier from one registrant to another', async () => {
    const identifiers = [{ type: 'card', value: unique('C') }];
    const [from, to] = await put(database(), registry, person('A', { identifiers }), person('B'));
    await save(
      [
        { id: from as string, draft: person('A') },
        { id: to as string, draft: person('B', { identifiers }) },
      ],
      BY,
    );
    assert.equal((await registry.holders(identifiers))[0]?.id, to);
  });

  it('frees an identifier whose end has passed, at once and by itself', async () => {
    const clock = handClock();
    const own = registryOn(database(), clock);
    const value = unique('C');
    const today = new Date(NOW).toISOString().slice(0, 10);
    const [first] = await put(database(), own, person('A', { identifiers: [{ type: 'card', value, end: today }] }));
    assert.equal((await own.holders([{ type: 'card', value }]))[0]?.id, first);
    await assert.rejects(
      put(database(), own, person('B', { identifiers: [{ type: 'card', value }] })),
      isFault('identifier.taken'),
    );
    clock.advance(DAY);
    assert.deepEqual(await own.holders([{ type: 'card', value }]), [undefined]);
    const [second] = await put(database(), own, person('B', { identifiers: [{ type: 'card', value }] }));
    assert.equal((await own.holders([{ type: 'CARD', value }]))[0]?.id, second);
  });

  it('turns a violation of the unique index into the same fault', async () => {
    const identifiers = [{ type: 'card', value: unique('C') }];
    const results = await Promise.allSettled([
      put(database(), registry, person('A', { identifiers })),
      put(database(), registry, person('B', { identifiers })),
    ]);
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    assert.deepEqual(refused, ['identifier.taken']);
  });

  it('lists every fault of a draft', async () => {
    const bad = person('Z\0', {
      birthDate: '2023-02-30',
      identifiers: [{ type: '', value: 'x' }],
      sex: 'f' as '1',
    });
    await assert.rejects(save([{ draft: person('ok') }, { draft: bad }], BY), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'record.invalid');
      assert.equal(error.details['index'], 1);
      assert.deepEqual(
        error.details.errors?.map(({ path }) => path),
        ['/identifiers/0/type', '/birthDate', '/sex', '/name/given'],
      );
      return true;
    });
  });

  it('tells a deactivation and its undoing from other changes', async () => {
    const from = await database().read((reader) => readFeed(reader, 0, 10_000));
    const [id] = await put(database(), registry, household('Diallo'));
    for (const active of [false, true]) await save([{ id: id as string, draft: household('Diallo', { active }) }], BY);
    await save([{ id: id as string, draft: household('Ba') }], BY);
    const feed = (await database().read((reader) => readFeed(reader, 0, 10_000))).slice(from.length);
    assert.deepEqual(
      feed.map(({ type, version, before }) => [type, version, before?.version]),
      [
        ['registrant.registered', 1, undefined],
        ['registrant.deactivated', 2, 1],
        ['registrant.reactivated', 3, 2],
        ['registrant.updated', 4, 3],
      ],
    );
  });

  it('saves a batch larger than one statement holds', async () => {
    const value = unique('bulk');
    const drafts = Array.from({ length: 1203 }, (_, i) =>
      person(value, { identifiers: [{ type: 'bulk', value: `${value}-${i}` }] }),
    );
    const saved = await put(database(), registry, ...drafts);
    assert.equal(new Set(saved).size, 1203);
    const [found] = await registry.search([
      { kind: 'individual', query: compare('given_name', 'eq', value), limit: 5, offset: 1200 },
    ]);
    assert.equal(found?.total, 1203);
    assert.deepEqual(
      found?.registrants.map(({ id }) => id),
      saved.slice(1200),
    );
  });
});
