import assert from 'node:assert/strict';
import { sortReadings, toReadings } from '../../src/odk/stage.ts';
import type { Entry } from '../../src/odk/submissions.store.ts';
import { describeStore } from '../support/stores.ts';
import { changed, fixture, wholeMapping } from './mapping/support.ts';
import { type Field, householdOf, type Importer, membersOf, openField, openImporter } from './support.ts';

// Rows of odk.md §19: each a belief that loses households, or doubles them.

const withSource = (more: string): string =>
  changed([
    'source: { poll: { every: 60s } }',
    `source: { poll: { every: 60s, pageSize: 10, idleTimeout: 1s }, ${more} }`,
  ]);

let serial = 0;
const household = (more: Record<string, unknown> = {}) => {
  serial += 1;
  return {
    consent: 'yes',
    'hh-name': `Household ${serial}`,
    card_no: `Z-${process.pid}-${serial}`,
    district: 'd01',
    rooms: '3',
    reg_date: '2026-03-01',
    notes: 'seen',
    members: { member: [{ name: { given_name: 'Ama', family_name: 'B' }, relation: 'head', dob: '1990-01-01' }] },
    ...more,
  } as never;
};

describeStore('an importer that believes too much', ({ database }) => {
  let field: Field;
  let importer: Importer;
  let now = Date.parse('2026-11-22T05:00:00.000Z');
  const clock = (): number => {
    now += 1;
    return now;
  };
  const sync = () => importer.odk.sync('pilot', { eager: true });
  const source = async () => (await importer.odk.status('pilot')).sources[0];
  const letterOf = async (id: string) => (await source())?.deadLetters.find(({ instanceId }) => instanceId === id);
  const open = async (options: { keyId?: number } = {}) => {
    field = await openField({ xml: fixture('household_registration.v1.xml'), clock, ...options });
  };
  beforeEach(async () => {
    await open();
    importer = openImporter(database(), { clock });
  });
  afterEach(async () => {
    await importer.odk.remove('pilot').catch(() => {});
    await importer.close();
    await field.served.close();
  });

  describe('that fields are stable (row 9)', () => {
    const mapping = withSource('read: odata').replace('rooms: rooms', 'rooms: rooms\n    notes: notes');

    it('stops with the missing path when a version drops a field, and XML mode brings the value back', async () => {
      await importer.add(field, mapping);
      const first = field.form.submit(household());
      await sync();
      field.form.publish(fixture('household_registration.v2.xml'));
      const second = field.form.submit(household(), { formVersion: '2026-01-01' });
      await sync();
      const letter = await letterOf(second.id);
      assert.deepEqual([letter?.reason, letter?.path], ['form-version-unmapped', 'notes']);
      assert.deepEqual((await source())?.vanishedPaths, ['notes']);
      assert.equal((await source())?.state, 'degraded');
      assert.equal((await householdOf(importer, first.id))?.attributes?.['notes'], 'seen', 'what was imported stays');
      await importer.add(field, mapping.replace('read: odata', 'read: xml'));
      await sync();
      assert.equal((await householdOf(importer, second.id))?.attributes?.['notes'], 'seen');
      assert.equal((await householdOf(importer, first.id))?.attributes?.['notes'], 'seen');
    });

    it('stops when a number becomes a text', async () => {
      await importer.add(field, mapping.replace('\n    notes: notes', ''));
      field.form.submit(household());
      await sync();
      field.form.publish(fixture('household_registration.v3.xml'));
      const { id } = field.form.submit(household());
      await sync();
      const letter = await letterOf(id);
      assert.deepEqual([letter?.reason, letter?.path], ['form-version-unmapped', 'rooms']);
    });

    it('begins anew with a form that was deleted and made again, and takes the same ids for other submissions', async () => {
      await importer.add(field, wholeMapping);
      const { id } = field.form.submit(household());
      await sync();
      field.central.deleteForm(field.form);
      await assert.rejects(sync(), { code: 'odk.form-gone' });
      assert.equal((await source())?.state, 'gone');
      const again = field.central.createForm(fixture('household_registration.v1.xml'));
      again.submit(household({ 'hh-name': 'Another' }), { id });
      const { created, parked } = await sync();
      assert.deepEqual([created, parked], [1, 0]);
    });
  });

  it('that a conditional answer says whether anything changed (row 6): a new version is noticed all the same', async () => {
    await importer.add(field, withSource('read: odata').replace('rooms: rooms', 'rooms: rooms\n    notes: notes'));
    field.form.submit(household());
    await sync();
    await sync();
    await sync();
    field.form.publish(fixture('household_registration.v2.xml'));
    await sync();
    assert.deepEqual((await source())?.vanishedPaths, ['notes']);
  });

  it('that a conditional answer says whether anything changed (row 6): a late file is noticed all the same', async () => {
    await importer.add(field, withSource('read: odata'));
    const { id } = field.form.submit(household({ photo: 'late.png' }));
    const unmodified = () => field.central.requests.filter(({ status }) => status === 304).length;
    await sync();
    while (unmodified() === 0) await sync();
    const before = unmodified();
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('late')]);
    field.form.attach(id, 'late.png', png, 'image/png');
    await sync();
    assert.ok(unmodified() > before, 'Central answered that nothing was modified');
    assert.equal((await householdOf(importer, id))?.photo?.size, png.length);
  });

  describe('that values are typed and valid (row 10)', () => {
    const bad: readonly (readonly [string, Record<string, unknown>, string, string, unknown])[] = [
      ['a date that is none', { reg_date: '31/12/2026' }, 'bad-type', 'reg_date', '31/12/2026'],
      ['a choice that is none', { district: 'nowhere' }, 'unknown-choice', 'district', 'nowhere'],
      [
        'a birth date in a repeat',
        { members: { member: [{ relation: 'head', name: { given_name: 'A' }, dob: '1990-02-30' }] } },
        'bad-type',
        'members.member[0].dob',
        '1990-02-30',
      ],
    ];
    for (const [what, more, reason, path, value] of bad) {
      it(`parks ${what}, with its path and what stood there`, async () => {
        await importer.add(field, wholeMapping);
        const { id } = field.form.submit(household(more));
        await sync();
        const letter = await letterOf(id);
        assert.deepEqual([letter?.reason, letter?.path, letter?.value], [reason, path, value]);
      });
    }

    for (const value of ['12abc', 'many', '9007199254740993']) {
      it(`sees in XML mode that "${value}" was mangled on its way through OData`, async () => {
        await importer.add(field, withSource('read: xml'));
        const { id } = field.form.submit(household({ rooms: value }));
        await sync();
        const letter = await letterOf(id);
        assert.deepEqual([letter?.reason, letter?.path, letter?.value], ['bad-type', 'rooms', value]);
      });
    }

    it('imports all scripts, marks and leading zeros as they are, and no household out of nothing', async () => {
      await importer.add(field, wholeMapping);
      const name = '👩‍🌾 O’Neil <&> "x" 美玲\u200d العلي  ';
      const { id } = field.form.submit(household({ 'hh-name': name, card_no: `00${process.pid}${serial}` }));
      const empty = field.form.submit(household({ members: {} }));
      await sync();
      const group = await householdOf(importer, id);
      assert.equal(group?.name, name);
      assert.ok(group?.identifiers.some(({ value }) => value.startsWith('00')));
      assert.deepEqual(await membersOf(importer, await householdOf(importer, empty.id)), []);
    });
  });

  describe('that status 200 is a whole answer (row 11)', () => {
    for (const [how, kind] of [
      ['falls silent', { stallAfter: 3000 }],
      ['breaks off', { cutAfter: 3000 }],
    ] as const) {
      it(`asks for the page again when it ${how} in the middle, and takes nothing twice`, async () => {
        await importer.add(field, withSource('read: odata'));
        for (let n = 0; n < 35; n += 1) field.form.submit(household());
        field.central.trouble({ path: /\.svc\/Submissions/, after: 1, times: 2, kind });
        const { read, created } = await sync();
        assert.deepEqual([read, created], [35, 35]);
        const again = await sync();
        assert.equal(again.unchanged, again.read);
      });
    }
  });

  it('that a session lasts (row 14): it is renewed once in the middle of a walk', async () => {
    await importer.add(field, withSource('read: odata'));
    for (let n = 0; n < 45; n += 1) field.form.submit(household());
    const logins = () => field.central.requests.filter(({ url }) => url === '/v1/sessions').length;
    await sync();
    const before = logins();
    for (let n = 0; n < 45; n += 1) field.form.submit(household());
    field.central.trouble({ path: /skiptoken/, after: 1, kind: { run: () => field.central.endSessions() } });
    const { created } = await sync();
    assert.equal(created, 45);
    assert.equal(logins() - before, 1);
  });

  it('that an encrypted row is an empty household (row 16)', async () => {
    await field.served.close();
    await open({ keyId: 7 });
    await assert.rejects(importer.add(field, wholeMapping), { code: 'odk.form-encrypted' });
    await importer.add(field, withSource('encrypted: park'));
    const sealed = field.form.submit({}, { encrypted: true });
    const clear = field.form.submit(household());
    const { created, parked } = await sync();
    assert.deepEqual([created, parked], [1, 1]);
    assert.equal((await letterOf(sealed.id))?.reason, 'encrypted');
    assert.ok(await householdOf(importer, clear.id));
    assert.equal(await householdOf(importer, sealed.id), undefined);
  });

  it('that one id is one row (row 17): two current versions leave the household as it was, and nothing stops', async () => {
    await importer.add(field, withSource('read: odata'));
    const twin = field.form.submit(household());
    await sync();
    const before = await householdOf(importer, twin.id);
    const answers = twin.current[0]?.answers ?? {};
    field.form.editTwice(twin.id, { ...answers, 'hh-name': 'One' }, { ...answers, 'hh-name': 'Other' });
    const other = field.form.submit(household());
    for (let n = 0; n < 2; n += 1) await sync();
    assert.equal((await letterOf(twin.id))?.reason, 'central-anomaly');
    assert.deepEqual(await householdOf(importer, twin.id), before);
    assert.ok(await householdOf(importer, other.id));
  });

  it('that one id is one row (row 17): its XML cannot be read any more, and nothing stops', async () => {
    await importer.add(field, withSource('read: xml'));
    const twin = field.form.submit(household());
    const other = field.form.submit(household());
    const answers = twin.current[0]?.answers ?? {};
    field.central.trouble({
      path: /\.xml$/,
      kind: {
        run: () => void field.form.editTwice(twin.id, { ...answers, notes: 'one' }, { ...answers, notes: 'two' }),
      },
    });
    await sync();
    assert.ok(await householdOf(importer, other.id));
    await sync();
    assert.equal((await letterOf(twin.id))?.reason, 'central-anomaly');
  });

  it('that one id is one row (row 17): the other of two current versions is known when it comes alone', () => {
    const place = { source: 's', formKey: 'f', formHash: 'h', mappingVersion: 'm' };
    const row = (instanceID: string) => ({
      __id: 'uuid:twin',
      __system: { submissionDate: '2026-11-01', updatedAt: '2026-11-02', edits: 2 },
      meta: { instanceID },
    });
    const [first] = toReadings([row('uuid:one')], place);
    const entry = { ...first, queued: 0, vanished: 0, echo: null } as unknown as Entry;
    const { fresh } = sortReadings(new Map([['uuid:twin', entry]]), toReadings([row('uuid:two')], place));
    assert.deepEqual(
      fresh.map(({ anomaly }) => anomaly),
      [1],
    );
  });

  it('that updatedAt tells everything (row 5): a restored submission comes back, a comment is no change', async () => {
    await importer.add(field, withSource('onDelete: retire'));
    const { id } = field.form.submit(household());
    await sync();
    field.form.remove(id);
    assert.equal((await sync()).retired, 1);
    assert.equal((await householdOf(importer, id))?.active, false);
    field.form.restore(id);
    assert.equal((await sync()).restored, 1);
    const group = await householdOf(importer, id);
    assert.equal(group?.active, true);
    const members = await membersOf(importer, group);
    assert.equal(members[0]?.other.active, true);
    field.form.comment(id, 'a remark');
    const { read, unchanged } = await sync();
    assert.equal(unchanged, read);
  });

  it('that a question by id may be of any length: as many restored at once as were deleted at once', async () => {
    await importer.add(field, withSource('onDelete: retire'));
    const ids = Array.from({ length: 60 }, () => field.form.submit(household()).id);
    await sync();
    for (const id of ids) field.form.remove(id);
    assert.equal((await sync()).retired, 60);
    for (const id of ids) field.form.restore(id);
    assert.equal((await sync()).restored, 60);
  });
});
