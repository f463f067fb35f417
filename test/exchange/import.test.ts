import assert from 'node:assert/strict';
import { describeStore } from '../support/stores.ts';
import {
  counts,
  createFresh,
  everybody,
  holderOf,
  household,
  idOf,
  makePlace,
  member,
  type Place,
  person,
} from './support.ts';

describeStore('import', ({ database, again }) => {
  let place: Place;
  // One database serves all the tests: each works with people of its own.
  const fresh = createFresh('p');
  beforeEach(() => {
    place = makePlace(database());
  });
  afterEach(() => {
    assert.deepEqual(place.leftovers(), []);
    place.remove();
  });

  it('creates people once, and tells a second run that nothing changed', async () => {
    const [a, b] = [fresh(), fresh()];
    const lines = [person(a, { name: { given: 'Ada', family: 'Obi' } }), person(b, { birthDate: '1990-01-01' })];
    assert.deepEqual(counts(await place.run(lines)), [2, 2, 0, 0, 0]);
    const before = await holderOf(place, 'national_id', a);
    assert.deepEqual(counts(await place.run(lines)), [2, 0, 0, 2, 0]);
    assert.deepEqual(await holderOf(place, 'national_id', a), before);
    assert.equal(before?.version, 1);
  });

  it('changes what a line says and leaves what it does not say', async () => {
    const a = fresh();
    await place.run([
      person(a, {
        active: false,
        name: { given: 'Ada', family: 'Obi', text: 'Mama Ada' },
        birthDate: '1990-01-01',
        telecom: [{ system: 'phone', value: '+1' }],
        extension: { rooms: 3, note: 'x' },
      }),
    ]);
    const report = await place.run([person(a, { name: { given: 'Adaeze' }, extension: { rooms: 4 } })]);
    assert.deepEqual(counts(report), [1, 0, 1, 0, 0]);
    const stored = await holderOf(place, 'national_id', a);
    assert.ok(stored?.kind === 'individual');
    assert.deepEqual(stored.name, { given: 'Adaeze', family: 'Obi' });
    assert.deepEqual(stored.attributes, { rooms: 4, note: 'x' });
    assert.deepEqual(
      [stored.active, stored.birthDate, stored.telecom],
      [false, '1990-01-01', [{ system: 'phone', value: '+1' }]],
    );
  });

  it('counts as a hand edit only for the values it changes', async () => {
    const a = fresh();
    await database().write((tx) =>
      place.registry.save(
        tx,
        [
          {
            draft: {
              kind: 'individual',
              active: true,
              identifiers: [{ type: 'national_id', value: a }],
              name: { given: 'Ada', family: 'Obi' },
            },
          },
        ],
        'odk:pilot',
      ),
    );
    await place.run([person(a, { name: { given: 'Ada', family: 'Okafor' } })]);
    const stored = await holderOf(place, 'national_id', a);
    assert.deepEqual(stored?.provenance, { '*': 'odk:pilot', 'name.family': 'import' });
  });

  it('matches by any identifier in force, and adds new ones', async () => {
    const [a, b] = [fresh(), fresh()];
    await place.run([person(a)]);
    const both = { type: 'Individual', identifier: [idOf('passport', b), idOf('NATIONAL_ID', a)] };
    assert.deepEqual(counts(await place.run([both])), [1, 0, 1, 0, 0]);
    assert.equal((await holderOf(place, 'passport', b))?.id, (await holderOf(place, 'national_id', a))?.id);
  });

  it('refuses a line whose identifiers belong to two people, and one that names a group as a person', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()];
    await place.run([person(a), person(b), household(c, [])]);
    const report = await place.run([
      { type: 'Individual', identifier: [idOf('national_id', a), idOf('national_id', b)], name: { given: 'X' } },
      { type: 'Individual', identifier: [idOf('household_id', c)] },
      person(a, { name: { given: 'Good' } }),
    ]);
    assert.deepEqual(counts(report), [3, 0, 1, 0, 2]);
    assert.deepEqual(report.errors, [
      { line: 1, reason: 'its identifiers belong to different registrants' },
      { line: 2, reason: 'its identifier belongs to a group' },
    ]);
    const stored = await holderOf(place, 'national_id', a);
    assert.deepEqual(stored?.name, { given: 'Good' });
  });

  it('makes one person of two lines in one batch, also when only the second ties two identifiers together', async () => {
    const [a, b] = [fresh(), fresh()];
    const report = await place.run([
      person(a, { name: { given: 'Ada' } }),
      { type: 'Individual', identifier: [idOf('national_id', a), idOf('passport', b)], name: { family: 'Obi' } },
      { type: 'Individual', identifier: [idOf('passport', b)] },
    ]);
    assert.deepEqual(counts(report), [3, 1, 1, 1, 0]);
    const stored = await holderOf(place, 'passport', b);
    assert.deepEqual(stored?.name, { given: 'Ada', family: 'Obi' });
    assert.equal(stored?.version, 1);
  });

  it('reports bad lines with number and reason, and keeps the good ones', async () => {
    const [a, b] = [fresh(), fresh()];
    const report = await place.run([
      person(a),
      'not json',
      '',
      { type: 'Individual', identifier: [], birthDate: '2026-13-01', name: 'x' },
      { type: 'Starship' },
      { type: 'Cycle', name: 'c' },
      person(fresh(), { birthDate: '2999-01-01' }),
      person(b),
    ]);
    assert.deepEqual(counts(report), [7, 2, 0, 0, 5]);
    assert.deepEqual(report.errors, [
      { line: 2, reason: 'the line is not JSON' },
      {
        line: 4,
        reason:
          '/identifier must NOT have fewer than 1 items; /name must be object; /birthDate must be a real date as YYYY-MM-DD',
      },
      { line: 5, reason: 'the type of the line is not known' },
      { line: 6, reason: 'the kind cycle is not offered yet' },
      { line: 7, reason: '/birthDate must not lie in the future' },
    ]);
    assert.ok(await holderOf(place, 'national_id', b));
  });

  it('takes a child born today where the day began earlier', async () => {
    assert.equal((await place.run([person(fresh(), { birthDate: '2026-06-02' })])).created, 1);
    assert.equal((await place.run([person(fresh(), { birthDate: '2026-06-03' })])).failed, 1);
  });

  it('reads lines without a type by --kind, or by what they hold', async () => {
    const [a, b] = [fresh(), fresh()];
    const untyped = { identifier: [idOf('household_id', a)] };
    assert.equal((await place.run([untyped], { kind: 'group' })).created, 1);
    assert.equal((await holderOf(place, 'household_id', a))?.kind, 'group');
    assert.equal((await place.run([{ identifier: [idOf('national_id', b)], name: { given: 'A' } }])).created, 1);
    assert.deepEqual((await place.run([person(fresh())], { kind: 'group' })).errors, [
      { line: 1, reason: 'this is no group' },
    ]);
  });

  it('joins members to their groups, wherever in the file they stand', async () => {
    const [a, b, c, h] = [fresh(), fresh(), fresh(), fresh()];
    await place.run([person(c)]);
    const report = await place.run([
      household(h, [member(a, 'head'), member(b), member(c, 'child', { period: { start: '2020-01-01' } })]),
      person(a),
      ...Array.from({ length: 600 }, () => person(c)),
      person(b),
    ]);
    assert.deepEqual(counts(report), [603, 3, 0, 600, 0]);
    const group = await holderOf(place, 'household_id', h);
    assert.ok(group);
    const kin = (await place.registry.kinships([group.id])).get(group.id) ?? [];
    assert.deepEqual(
      kin.map(({ membership, other }) => [other.identifiers[0]?.value, membership.roles, membership.start]),
      [
        [a, ['head'], undefined],
        [b, [], undefined],
        [c, ['child'], '2020-01-01'],
      ],
    );
  });

  it('writes nothing of a group that names nobody, and says which member it is', async () => {
    const [a, h] = [fresh(), fresh()];
    const report = await place.run([household(h, [member(a), member('nobody')], { name: 'Ghosts' }), person(a)]);
    assert.deepEqual(counts(report), [2, 1, 0, 0, 1]);
    assert.deepEqual(report.errors, [{ line: 1, reason: '/member/1/entity nobody has this identifier' }]);
    assert.equal(await holderOf(place, 'household_id', h), undefined);
  });

  it('changes roles and ends memberships, and finds the same file unchanged afterwards', async () => {
    const [a, b, h] = [fresh(), fresh(), fresh()];
    await place.run([person(a), person(b), household(h, [member(a, 'head'), member(b, 'spouse')])]);
    const second = [
      household(h, [
        member(b, 'head', { period: { start: '2026-02-01' } }),
        member(a, 'head', { period: { end: '2026-02-01' } }),
      ]),
    ];
    assert.deepEqual(counts(await place.run(second)), [1, 0, 1, 0, 0]);
    assert.deepEqual(counts(await place.run(second)), [1, 0, 0, 1, 0]);
    const group = await holderOf(place, 'household_id', h);
    const kin = (await place.registry.kinships([group?.id ?? ''], { ended: true })).get(group?.id ?? '') ?? [];
    assert.deepEqual(
      kin.map(({ membership: { roles, live, end } }) => ({ roles, live, end })),
      [
        { roles: ['head'], live: false, end: '2026-02-01' },
        { roles: ['head'], live: true, end: undefined },
      ],
    );
  });

  it('keeps members and roles that a line does not name', async () => {
    const [a, b, h] = [fresh(), fresh(), fresh()];
    await place.run([person(a), person(b), household(h, [member(a, 'head')])]);
    await place.run([household(h, [member(b), member(a)])]);
    await place.run([household(h, undefined, { name: 'Renamed' })]);
    const group = await holderOf(place, 'household_id', h);
    const kin = (await place.registry.kinships([group?.id ?? ''])).get(group?.id ?? '') ?? [];
    assert.deepEqual(
      kin.map(({ membership }) => membership.roles),
      [['head'], []],
    );
  });

  it('does not double anybody when two processes import the same file at the same time', async () => {
    const other = await again();
    const elsewhere = makePlace(other);
    try {
      const people = Array.from({ length: 1200 }, () => fresh());
      const lines = people.map((value) => person(value, { name: { given: value } }));
      const [one, two] = await Promise.all([place.run(lines), elsewhere.run(lines)]);
      assert.deepEqual([one.failed, two.failed], [0, 0]);
      assert.equal(one.created + two.created, 1200);
      const wanted = new Set(people);
      const held = (await everybody(place)).flatMap(({ identifiers }) => identifiers.map(({ value }) => value));
      assert.equal(held.filter((value) => wanted.has(value)).length, 1200);
    } finally {
      elsewhere.remove();
      await other.close();
    }
  });

  it('leaves a line that the registry itself refuses to fail alone', async () => {
    const people = Array.from({ length: 40 }, () => fresh());
    const lines = people.map((value, i) =>
      person(value, i === 17 ? { extension: { huge: 'x'.repeat(1_100_000) } } : {}),
    );
    const report = await place.run(lines);
    assert.deepEqual(counts(report), [40, 39, 0, 0, 1]);
    assert.equal(report.errors[0]?.line, 18);
    assert.match(report.errors[0]?.reason ?? '', /larger than/);
  });

  it('keeps a photo beside the record, once', async () => {
    const a = fresh();
    const photo = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from('a photo of nobody')]).toString('base64');
    await place.run([person(a, { photo })]);
    const stored = await holderOf(place, 'national_id', a);
    assert.equal(stored?.photo?.contentType, 'image/jpeg');
    assert.equal((await place.blobs.read(stored?.photo?.blob ?? ''))?.toString('base64'), photo);
    assert.equal((await place.run([person(a, { photo })])).unchanged, 1);
  });

  it('makes the attributes it brings searchable', async () => {
    const a = fresh();
    await place.run([person(a, { extension: { shoe_size: 44.5, [`name ${a}`]: 'red' } })]);
    const [found] = await place.registry.search([
      {
        kind: 'individual',
        query: { op: 'compare', attribute: 'shoe_size', is: 'gt', value: 44 },
        limit: 10,
        offset: 0,
      },
    ]);
    assert.deepEqual(
      found?.registrants.map(({ identifiers }) => identifiers[0]?.value),
      [a],
    );
  });

  it('keeps the id that a record was exported with, and knows the record by it', async () => {
    const a = fresh();
    const id = '0d6f1c52-1111-7222-8333-944455556666';
    const identifier = [idOf('system_id', id), idOf('national_id', a)];
    assert.equal((await place.run([{ type: 'Individual', identifier }])).created, 1);
    assert.equal((await holderOf(place, 'national_id', a))?.id, id);
    const report = await place.run([
      { type: 'Individual', identifier: [idOf('system_id', id)], birthDate: '2000-01-01' },
    ]);
    assert.deepEqual(counts(report), [1, 0, 1, 0, 0]);
  });

  it('refuses a person whose every identifier has ended: the next run could not know it again', async () => {
    const ended = { ...idOf('national_id', fresh()), period: { end: '2020-01-01' } };
    assert.deepEqual((await place.run([{ type: 'Individual', identifier: [ended] }])).errors, [
      { line: 1, reason: 'it has no identifier that is in force' },
    ]);
  });

  it('reads CSV', async () => {
    const [a, b] = [fresh(), fresh()];
    const path = place.file('people.csv', [
      'identifier[national_id],name.given,birthDate,telecom[phone],address.city,gender',
      `${a},Ada,1990-01-01,+1,Kisumu,2`,
      `${b},Ben,1990-13-01,,,`,
    ]);
    const { importFile } = await import('../../src/exchange/import/import.ts');
    const report = await importFile(place, { path, kind: 'individual' });
    assert.deepEqual(counts(report), [2, 1, 0, 0, 1]);
    assert.deepEqual(report.errors, [{ line: 3, reason: '/birthDate must be a real date as YYYY-MM-DD' }]);
    const stored = await holderOf(place, 'national_id', a);
    assert.ok(stored?.kind === 'individual');
    assert.deepEqual([stored.sex, stored.addresses], ['2', [{ city: 'Kisumu' }]]);
  });

  it('fails as a whole for a file that cannot be read', async () => {
    const { importFile } = await import('../../src/exchange/import/import.ts');
    await assert.rejects(importFile(place, { path: '/nowhere/people.ndjson' }), /cannot read/);
  });

  describe('as a dry run', () => {
    it('reports exactly what an import would do, and does nothing', async () => {
      const [a, b, c, h, g] = [fresh(), fresh(), fresh(), fresh(), fresh()];
      await place.run([person(a, { name: { given: 'Ada' } }), person(b), household(h, [member(a, 'head')])]);
      const lines = [
        household(g, [member(c), member(a)]),
        person(a, { name: { given: 'Ada' } }),
        person(a, { name: { given: 'Adaeze' } }),
        person(c),
        { type: 'Individual', identifier: [idOf('national_id', a), idOf('national_id', b)] },
        household(h, [member(a, 'head')]),
        household(h, [member(b)]),
        household(fresh(), [member('nobody')]),
        ...Array.from({ length: 500 }, () => person(b)),
        person(c, { birthDate: '2000-01-01' }),
        person(c, { photo: '/9j/' }),
        'not json',
      ];
      const before = JSON.stringify(await everybody(place));
      const dry = await place.run(lines, { dryRun: true });
      assert.equal(JSON.stringify(await everybody(place)), before);
      const wet = await place.run(lines);
      assert.deepEqual(dry, { ...wet, dryRun: true });
      assert.deepEqual(counts(wet), [511, 2, 4, 502, 3]);
    });
  });
});
