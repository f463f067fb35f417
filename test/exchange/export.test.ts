import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { exportFile, exportTo } from '../../src/exchange/export/export.ts';
import type { ExportOptions } from '../../src/exchange/export/ports.ts';
import { importFile } from '../../src/exchange/import/import.ts';
import { sampleTo } from '../../src/exchange/sample/sample.ts';
import { type Registrant, toDraft } from '../../src/registry/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { describeStore, freshSqlite } from '../support/stores.ts';
import { everybody, holderOf, household, idOf, makePlace, member, now, type Place, person } from './support.ts';

const exported = async (place: Place, options: ExportOptions & { csv?: boolean } = {}): Promise<string> => {
  const stream = new PassThrough();
  const [written] = await Promise.all([text(stream), exportTo(place, options, stream).then(() => stream.end())]);
  return written;
};

interface Line {
  readonly type: string;
  readonly identifier: readonly { readonly system: string; readonly value: string }[];
  readonly [member: string]: unknown;
}
const parse = (ndjson: string): Line[] =>
  ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const content = (registrant: Registrant): object => ({ id: registrant.id, ...toDraft(registrant) });

describeStore('export', ({ database }) => {
  let place: Place;
  let target: { place: Place; close: () => Promise<void> };

  /** Another, empty registry. */
  const openTarget = async () => {
    const sqlite = await freshSqlite();
    const db: Database = await sqlite.open();
    await db.migrate();
    const other = makePlace(db);
    return {
      place: other,
      close: async () => {
        other.remove();
        await db.close();
        await sqlite.drop();
      },
    };
  };

  before(async () => {
    place = makePlace(database());
    const sample = new PassThrough();
    const [lines] = await Promise.all([
      text(sample),
      sampleTo({ individuals: 520, households: 60, seed: 5 }, sample).then(() => sample.end()),
    ]);
    await place.run(lines.trimEnd().split('\n'));
    const photo = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(200, 7)]).toString('base64');
    await place.run([
      person('x1', {
        identifier: [
          idOf('national_id', 'x1'),
          { ...idOf('passport', 'old'), period: { start: '2000-01-01', end: '2010-01-01' } },
          { ...idOf('passport', 'old'), period: { start: '2025-01-01' } },
          idOf('Voter ID', 'a|b/c%41 "d"\n;'),
        ],
        active: false,
        name: { given: 'Ada', family: 'Obi', middle: 'N', maiden: 'Eze', prefix: 'Dr', text: 'Mama Ada' },
        birthDateEstimated: true,
        deathDate: '2026-01-01',
        photo,
        document: [{ title: 'card.pdf', contentType: 'application/pdf', data: 'AAAA' }],
        address: [
          { text: 'one', regionCode: 'R', geoLocation: { plus_code: { global_code: null } } },
          { line: ['a', 'b'] },
        ],
        telecom: [
          { system: 'phone', value: '+1', rank: 2 },
          { system: 'phone', value: '+2', use: 'home' },
          { system: 'email', value: 'a@b' },
        ],
        location: { latitude: 1.5, longitude: -2.25, accuracy: 0, place: { name: 'x' } },
        extension: {
          code: '007',
          count: 7,
          truth: false,
          list: ['1', 1, null],
          'a.b[c]': 'odd',
          'dci-farm': { farm_type: 'crop', farm_details: [{ land_size: 2.5 }] },
        },
      }),
      person('x2'),
      household('x3', [
        member('x1', 'head', { period: { start: '2020-01-01', end: '2021-01-01' }, inactive: true }),
        member('x1', 'head', { period: { start: '2022-01-01' } }),
        member('x2', undefined, { role: { coding: [{ code: 'spouse' }, { code: 'alternate' }] } }),
      ]),
    ]);
  });
  after(() => place.remove());
  beforeEach(async () => {
    target = await openTarget();
  });
  afterEach(() => target.close());

  const memberships = async (from: Place, id: string) =>
    ((await from.registry.kinships([id], { ended: true })).get(id) ?? []).map(({ membership }) => membership);

  const assertSame = async (): Promise<void> => {
    const [here, there] = [await everybody(place), await everybody(target.place)];
    assert.deepEqual(there.map(content), here.map(content));
    for (const { id, kind } of here) {
      if (kind === 'group') assert.deepEqual(await memberships(target.place, id), await memberships(place, id));
    }
  };

  it('can be imported to the same content', async () => {
    const path = join(place.folder, 'all.ndjson');
    const report = await exportFile(place, { path });
    assert.deepEqual(report, { individuals: 522, groups: 61 });
    const back = await importFile(target.place, { path });
    assert.deepEqual([back.created, back.failed, back.errors], [583, 0, []]);
    await assertSame();
    const stored = await holderOf(target.place, 'national_id', 'x1');
    assert.deepEqual(
      await target.place.blobs.read(stored?.photo?.blob ?? ''),
      await place.blobs.read(stored?.photo?.blob ?? ''),
    );
  });

  it('can be imported to the same content as CSV', async () => {
    const path = join(place.folder, 'all.csv');
    await exportFile(place, { path });
    const back = await importFile(target.place, { path });
    assert.deepEqual([back.created, back.failed, back.errors], [583, 0, []]);
    await assertSame();
  });

  it('changes nothing when it is imported where it came from', async () => {
    for (const name of ['same.ndjson', 'same.csv']) {
      const path = join(place.folder, name);
      await exportFile(place, { path });
      const before = JSON.stringify(await everybody(place));
      const back = await importFile(place, { path });
      assert.deepEqual([back.unchanged, back.errors], [583, []]);
      assert.equal(JSON.stringify(await everybody(place)), before);
    }
  });

  it('names members only by references that it holds, ended ones too, and one system id for each record', async () => {
    const lines = parse(await exported(place));
    const held = new Set<string>();
    for (const { type, identifier } of lines)
      for (const { system, value } of identifier) held.add(`${type}/${system}|${value}`);
    const groups = lines.filter(({ type }) => type === 'Group');
    const members = groups.flatMap(
      (line) => (line['member'] ?? []) as { entity: { reference: string }; inactive: boolean }[],
    );
    assert.ok(members.length > 200);
    for (const { entity } of members) assert.ok(held.has(entity.reference), entity.reference);
    assert.equal(members.filter(({ inactive }) => inactive).length, 1);
    for (const { identifier } of lines) {
      assert.equal(identifier.filter(({ system }) => system.endsWith('#system_id')).length, 1);
    }
  });

  it('shows deactivated people, photos in base64 and attributes under extension', async () => {
    const line = parse(await exported(place, { kind: 'individual' })).find(
      ({ identifier }) => identifier[0]?.value === 'x1',
    );
    assert.equal(line?.['active'], false);
    assert.match(String(line?.['photo']), /^\/9j\//);
    assert.equal((line?.['extension'] as { count: number } | undefined)?.count, 7);
  });

  it('keeps to the kind and the time asked for', async () => {
    assert.ok(parse(await exported(place, { kind: 'group' })).every(({ type }) => type === 'Group'));
    assert.equal(await exported(place, { since: '2026-06-02' }), '');
    assert.equal(parse(await exported(place, { since: '2026-06-01T12:00:00Z', kind: 'group' })).length, 61);
    await assert.rejects(exported(place, { since: 'yesterday' }), /--since must be/);
    await assert.rejects(exported(place, { kind: 'cycle' }), /not offered yet/);
  });

  it('holds people registered while it ran, when groups name them', async () => {
    let clock = now;
    const moving = makePlace(target.place.db, () => clock);
    try {
      await moving.run([person('a'), household('h', [member('a')])]);
      clock += 1000;
      const written: string[] = [];
      let busy = false;
      const stream = new Writable({
        write: (chunk, _encoding, done) => {
          written.push(String(chunk));
          done();
        },
      });
      const { registry } = moving;
      const walk: typeof registry.walk = async function* (kind, options) {
        if (kind === 'group' && !busy) {
          busy = true;
          clock += 1000;
          await moving.run([person('late'), household('h', [member('late')])]);
        }
        yield* registry.walk(kind, options);
      };
      await exportTo({ ...moving, registry: { ...registry, walk } }, {}, stream);
      const values = parse(written.join('')).map(({ identifier }) => identifier[0]?.value);
      assert.deepEqual(values, ['a', 'h', 'late']);
    } finally {
      moving.remove();
    }
  });

  it('writes DCI records that can be imported again', async () => {
    const social = { dci: 'social' as const };
    const path = join(place.folder, 'social.ndjson');
    await exportFile(place, { path, format: social });
    const back = await importFile(target.place, { path, format: social });
    assert.deepEqual(back.errors, []);
    assert.equal((await everybody(target.place)).length, (await everybody(place)).length);
    assert.equal(parse(await exported(place, { format: { dci: 'crvs' } })).length, 522);
    await assert.rejects(exported(place, { format: social, csv: true }), /CSV/);
  });

  it('leaves no half file behind, and a whole one for its owner alone', async () => {
    const path = join(place.folder, 'mode.ndjson');
    await exportFile(place, { path, kind: 'group' });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const broken = {
      ...place,
      registry: { ...place.registry, kinships: () => Promise.reject(new Error('broke off')) },
    };
    const before = readFileSync(path);
    await assert.rejects(exportFile(broken, { path }), /broke off/);
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(
      readdirSync(place.folder).filter((name) => name.endsWith('.partial')),
      [],
    );
    await assert.rejects(exportFile(place, { path: join(place.folder, 'no/where.ndjson') }), /cannot write/);
  });
});
