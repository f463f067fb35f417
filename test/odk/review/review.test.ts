import assert from 'node:assert/strict';
import { isEcho, judgedState } from '../../../src/odk/review/echo.ts';
import { readEntries } from '../../../src/odk/submissions.store.ts';
import { describeStore } from '../../support/stores.ts';
import { changed, fixture } from '../mapping/support.ts';
import { type Field, householdOf, type Importer, openField, openImporter } from '../support.ts';

const WRITE_BACK = 'writeBack: { reviewState: { imported: approved, failed: hasIssues }, comment: true }';
const withSource = (more: string): string =>
  changed(['source: { poll: { every: 60s } }', `source: { poll: { every: 60s, overlap: 10m }, ${more} }`]);
const mapping = withSource(WRITE_BACK);

let serial = 0;
const household = (more: Record<string, unknown> = {}) => {
  serial += 1;
  return {
    consent: 'yes',
    'hh-name': `Household ${serial}`,
    card_no: `R-${process.pid}-${serial}`,
    district: 'd01',
    members: { member: [{ name: { given_name: 'Ama', family_name: 'B' }, relation: 'head', dob: '1990-01-01' }] },
    ...more,
  } as never;
};

describeStore('telling Central what became of submissions', ({ database }) => {
  let field: Field;
  let importer: Importer;
  let now = Date.parse('2026-11-22T05:00:00.000Z');
  const clock = (): number => {
    now += 1;
    return now;
  };
  const sync = () => importer.odk.sync('pilot', { eager: true });
  const patches = () => field.central.requests.filter(({ method }) => method === 'PATCH').length;
  const stateOf = (id: string) => field.form.find(id)?.reviewState;
  const start = async (text = mapping) => {
    await importer.add(field, text);
  };
  beforeEach(async () => {
    field = await openField({ xml: fixture('household_registration.v1.xml'), clock });
    importer = openImporter(database(), { clock });
  });
  afterEach(async () => {
    await importer.odk.remove('pilot').catch(() => {});
    await importer.close();
    await field.served.close();
  });

  it('approves what was imported, once; its own write is an echo and no work (§19 row 12)', async () => {
    await start();
    const { id } = field.form.submit(household());
    await sync();
    assert.equal(stateOf(id), 'approved');
    const version = (await householdOf(importer, id))?.version;
    const second = await sync();
    assert.deepEqual([second.read, second.echo, second.updated], [1, 1, 0]);
    for (let n = 0; n < 3; n += 1) {
      const { echo, unchanged, read } = await sync();
      assert.deepEqual([echo, unchanged], [0, read]);
    }
    assert.equal(patches(), 1);
    assert.equal((await householdOf(importer, id))?.version, version);
  });

  it('marks what failed, and says why, once per reason and not once per attempt', async () => {
    await start();
    const { id } = field.form.submit(household({ district: 'not_a_choice' }));
    await sync();
    assert.equal(stateOf(id), 'hasIssues');
    const said = () => field.form.find(id)?.comments.map(({ body }) => body);
    assert.deepEqual(said(), ['Import failed: unknown-choice at district ("not_a_choice")']);
    await sync();
    await importer.odk.retry('pilot', {});
    await sync();
    await sync();
    assert.deepEqual([said()?.length, patches()], [1, 1]);
    // Corrected in the field: another version, and another outcome.
    const answers = field.form.find(id)?.current[0]?.answers ?? {};
    field.form.edit(id, { ...answers, district: 'not_another' });
    await sync();
    assert.equal(said()?.length, 2);
    assert.equal(stateOf(id), 'hasIssues');
    field.form.edit(id, { ...answers, district: 'd02' });
    await sync();
    assert.equal(stateOf(id), 'approved');
    assert.equal(said()?.length, 2);
  });

  it('does not let its own hasIssues keep out what a corrected mapping can import', async () => {
    await start();
    const { id } = field.form.submit(household({ district: 'd09' }));
    await sync();
    await sync();
    assert.equal(stateOf(id), 'hasIssues');
    await start(mapping.replace('d01: North Lake', 'd09: Far Hills, d01: North Lake'));
    await sync();
    assert.ok(await householdOf(importer, id));
    assert.equal(stateOf(id), 'approved');
  });

  it('never writes over what a person called wrong', async () => {
    await start(withSource(`accept: { reviewStates: [null, approved, edited, hasIssues, rejected] }, ${WRITE_BACK}`));
    const doubtful = field.form.submit(household());
    const refused = field.form.submit(household());
    field.form.review(doubtful.id, 'hasIssues');
    field.form.review(refused.id, 'rejected');
    await sync();
    await sync();
    assert.ok(await householdOf(importer, doubtful.id));
    assert.deepEqual([stateOf(doubtful.id), stateOf(refused.id), patches()], ['hasIssues', 'rejected', 0]);
  });

  it('lets a state stand that a person set after ours, and does not repeat itself', async () => {
    await start();
    const { id } = field.form.submit(household());
    await sync();
    field.form.review(id, 'hasIssues');
    await sync();
    field.form.review(id, null);
    await sync();
    await sync();
    assert.deepEqual([stateOf(id), patches()], [null, 1]);
  });

  it('writes nothing when Central says something else than what was read', async () => {
    await start();
    const { id } = field.form.submit(household());
    // Somebody rejects it between the walk and the write.
    field.central.trouble({
      path: /\/submissions\/[^/]+$/,
      method: 'GET',
      kind: { run: () => void field.form.review(id, 'rejected') },
    });
    await sync();
    assert.deepEqual([stateOf(id), patches()], ['rejected', 0]);
    await sync();
    assert.equal(stateOf(id), 'rejected');
  });

  it('knows its write again when it was killed before it could note the answer (§19 row 15)', async () => {
    await start();
    const { id } = field.form.submit(household({ district: 'd09' }));
    // The write is carried out, and the answer never comes.
    const patch = { path: /\/submissions\/[^/]+$/, method: 'PATCH' };
    field.central.trouble({ ...patch, kind: { run: () => void field.form.review(id, 'hasIssues') } });
    field.central.trouble({ ...patch, times: 3, kind: { status: 503 } });
    await assert.rejects(sync());
    assert.equal(stateOf(id), 'hasIssues');
    const { echo } = await sync();
    assert.equal(echo, 1);
    const [source] = (await importer.odk.status('pilot')).sources;
    assert.equal(source?.deadLetters[0]?.reason, 'unknown-choice', 'it is still parked, and not held by our own state');
    await start(mapping.replace('d01: North Lake', 'd09: Far Hills, d01: North Lake'));
    await sync();
    assert.equal(stateOf(id), 'approved');
    const place = { source: 'pilot', formKey: field.form.createdAt };
    const entries = await database().read((reader) => readEntries(reader, place, [id]));
    assert.notEqual(JSON.parse(entries.get(id)?.echo ?? '{}').updatedAt, null);
  });

  it('does not comment twice when it was killed after a comment', async () => {
    await start();
    const { id } = field.form.submit(household({ district: 'd09' }));
    field.form.comment(id, 'Import failed: unknown-choice at district ("d09")');
    await sync();
    assert.equal(field.form.find(id)?.comments.length, 1);
  });

  it('keeps answers out of comments where the source says so', async () => {
    await start(withSource(`deadLetters: { values: masked }, ${WRITE_BACK}`));
    const { id } = field.form.submit(household({ district: 'd09' }));
    await sync();
    assert.deepEqual(
      field.form.find(id)?.comments.map(({ body }) => body),
      ['Import failed: unknown-choice at district'],
    );
  });

  it('is off unless it is asked for, and leaves alone what a reviewer cannot help', async () => {
    await start(withSource('encrypted: park'));
    const { id } = field.form.submit(household());
    await sync();
    assert.deepEqual([stateOf(id), patches()], [null, 0]);
    await start(withSource(`encrypted: park, ${WRITE_BACK}`));
    const sealed = field.form.submit({}, { encrypted: true });
    await sync();
    assert.deepEqual([stateOf(id), stateOf(sealed.id)], ['approved', null]);
  });

  it('says that a viewer is not enough, after everything was imported', async () => {
    field.central.addUser('importer@example.test', 'secret', 'viewer');
    await start();
    const { id } = field.form.submit(household());
    await assert.rejects(sync(), { code: 'odk.not-permitted' });
    assert.ok(await householdOf(importer, id));
  });

  it('is not stopped by a submission of which Central can tell nothing any more (§19 row 17)', async () => {
    await start();
    const twin = field.form.submit(household());
    const good = field.form.submit(household());
    // Two editors, between the walk and the write: Central answers 500 for this submission, for good.
    field.central.trouble({
      path: /\/submissions\/[^/]+$/,
      method: 'GET',
      kind: { run: () => void field.form.editTwice(twin.id, household(), household()) },
    });
    await sync();
    assert.equal(stateOf(good.id), 'approved');
    assert.equal(stateOf(twin.id), 'edited');
  });

  it('is not stopped by a submission with two current versions', async () => {
    await start();
    const twin = field.form.submit(household());
    const good = field.form.submit(household());
    field.form.editTwice(twin.id, household(), household());
    await sync();
    assert.equal(stateOf(good.id), 'approved');
    assert.equal(stateOf(twin.id), 'edited');
  });
});

describe('echoes of review writes', () => {
  const entry = {
    echo: JSON.stringify({ state: 'approved', before: 'edited', updatedAt: 't2' }),
    version_id: 'v',
    review_state: 'edited',
    updated_at: 't1',
  };
  const reading = { version_id: 'v', deleted_at: null, review_state: 'approved', updated_at: 't2' };

  it('are the same state at the same moment on the same version', () => {
    assert.equal(isEcho(entry, reading), true);
    assert.equal(isEcho(entry, { ...reading, updated_at: 't3' }), false);
    assert.equal(isEcho(entry, { ...reading, review_state: 'rejected' }), false);
    assert.equal(isEcho(entry, { ...reading, version_id: 'w' }), false);
    assert.equal(isEcho(entry, { ...reading, deleted_at: 't' }), false);
    assert.equal(isEcho({ ...entry, echo: null }, reading), false);
  });

  it('leave what people said last in force', () => {
    assert.equal(judgedState({ ...entry, review_state: 'approved', updated_at: 't2' }), 'edited');
    assert.equal(judgedState({ ...entry, review_state: 'approved', updated_at: 't3' }), 'approved');
  });
});
