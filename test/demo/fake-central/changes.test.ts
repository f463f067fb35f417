import assert from 'node:assert/strict';
import type { FakeForm } from '../../../src/demo/fake-central/index.ts';
import { generateSubmissions } from '../../../src/demo/household-registration/generate.ts';
import { type Asking, askFakeCentral, fixture, json, shapeOf } from './support.ts';

describe('the fake Central, when something changes', () => {
  let now = Date.parse('2026-11-22T04:16:34.150Z');
  let asking: Asking;
  let form: FakeForm;
  const id = 'uuid:4197cef7-ba1e-4159-953f-34d70245cc1b';
  const path = '/projects/5/forms/household_registration';
  const one = `${path}/submissions/${id}`;
  const list = (query = '') => asking.ask('GET', `${path}.svc/Submissions?${query}`);
  const row = async (of = id) => {
    const { body } = await list(`$expand=*&$filter=__id eq '${of}'`);
    return body.value[0];
  };
  const tick = (): string => {
    now += 1000;
    return new Date(now).toISOString();
  };

  beforeEach(async () => {
    asking = await askFakeCentral({ clock: () => now });
    form = asking.central.createForm(fixture('household_registration.v1.xml'), { project: 5 });
    form.submitXml(fixture('submission-A.xml').replaceAll('>\n', '>'));
  });
  afterEach(() => asking.close());

  it('counts an edit, gives it a new version id, and moves the ids of repeat rows', async () => {
    const before = await row();
    const answers = form.find(id)?.current[0]?.answers as { members: { member: object[] } };
    const member = answers.members.member.slice(1);
    const at = tick();
    form.edit(id, { ...answers, members: { member } } as never);
    const after = await row();
    assert.equal(after.__id, id);
    assert.notEqual(after.meta.instanceID, before.meta.instanceID);
    const { edits, updatedAt, reviewState, submissionDate } = after.__system;
    assert.deepEqual(
      [edits, updatedAt, reviewState, submissionDate],
      [1, at, 'edited', before.__system.submissionDate],
    );
    const rows = (of: typeof before) => of.members.member.map((m: { __id: string }) => m.__id);
    assert.deepEqual(rows(after), rows(before).slice(0, 2));
    const versions = await asking.ask('GET', `${one}/versions`);
    assert.equal(versions.body.length, 2);
    assert.equal(versions.body[0].instanceId, after.meta.instanceID);
    const moved = await asking.ask('GET', `${path}/submissions/${after.meta.instanceID}`);
    assert.equal(moved.status, 301);
    assert.match(moved.headers.get('location') ?? '', /\/versions\//);
  });

  it('refuses an edit of a version that is not the current one', async () => {
    const xml = fixture('submission-A.xml').replaceAll('>\n', '>');
    const edited = xml.replace(
      /<orx:instanceID>[^<]*<\/orx:instanceID>/,
      `<orx:instanceID>uuid:new</orx:instanceID><orx:deprecatedID>${id}</orx:deprecatedID>`,
    );
    assert.equal((await asking.ask('PUT', one, edited)).status, 200);
    const again = await asking.ask('PUT', one, edited.replace('uuid:new', 'uuid:newer'));
    assert.equal(again.body.code, json('error-409.9-stale-edit.json').code);
    assert.deepEqual(again.body.details, { deprecatedId: id });
  });

  it('shows two current versions as two rows that count as one, and fails everywhere else for good', async () => {
    const answers = form.find(id)?.current[0]?.answers ?? {};
    form.editTwice(id, answers, answers);
    const { body } = await list('$count=true');
    assert.deepEqual([body['@odata.count'], body.value.length], [1, 2]);
    assert.deepEqual(new Set(body.value.map((r: { __id: string }) => r.__id)), new Set([id]));
    for (const failing of [
      one,
      `${one}.xml`,
      `${one}/versions`,
      `${one}/attachments`,
      `${path}.svc/Submissions('${id}')`,
    ]) {
      assert.equal((await asking.ask('GET', failing)).status, 500, failing);
    }
    assert.equal((await asking.ask('PATCH', one, { reviewState: 'approved' })).status, 500);
  });

  it('moves updatedAt with every review state, even to the same one, and never with a comment or a file', async () => {
    const first = tick();
    const patched = await asking.ask('PATCH', one, { reviewState: 'approved', nonsense: 1 });
    assert.deepEqual(shapeOf({ ...patched.body, reviewState: '' }), shapeOf(json('review-state-patch.json')));
    assert.equal((await row()).__system.updatedAt, first);
    const second = tick();
    await asking.ask('PATCH', one, { reviewState: 'approved' });
    assert.equal((await row()).__system.updatedAt, second);
    tick();
    const said = await asking.ask('POST', `${one}/comments`, { body: 'why' });
    assert.deepEqual(shapeOf(said.body), shapeOf(json('comment-create.json')));
    assert.deepEqual(shapeOf((await asking.ask('GET', `${one}/comments`)).body), shapeOf(json('comments.json')));
    form.attach(id, 'photo_1.png', Buffer.from('png'));
    const { __system } = await row();
    assert.deepEqual([__system.updatedAt, __system.attachmentsPresent], [second, 1]);
    const refused = await asking.ask('PATCH', one, { reviewState: 'received' });
    assert.deepEqual(refused.body, json('error-400.8-bad-state.json'));
  });

  it('keeps a deleted submission from being sent again, until it is purged', async () => {
    const at = tick();
    form.remove(id);
    assert.equal(await row(), undefined);
    const deleted = await list('$filter=__system/deletedAt ne null');
    assert.equal(deleted.body.value[0].__system.deletedAt, at);
    assert.equal((await asking.ask('GET', `${path}/submissions?deleted=true`)).body.length, 1);
    const xml = fixture('submission-A.xml').replaceAll('>\n', '>');
    const repeated = await asking.ask('POST', `${path}/submissions`, xml);
    assert.equal(repeated.body.code, json('error-409.3-deleted-resubmit.json').code);
    form.restore(id);
    assert.equal((await row()).__system.updatedAt, null);
    form.purge(id);
    assert.equal((await asking.ask('POST', `${path}/submissions`, xml)).status, 200);
  });

  it('stamps early and shows late what is held back', async () => {
    const [slow, quick] = generateSubmissions(2) as Iterable<{ answers: never }> as never as [never, never];
    const early = tick();
    const held = form.submit((slow as { answers: never }).answers, { held: true });
    tick();
    form.submit((quick as { answers: never }).answers);
    assert.equal((await list('$count=true')).body['@odata.count'], 2);
    form.release(held.id);
    assert.equal((await row(held.id)).__system.submissionDate, early);
  });

  it('lists expected files, serves their bytes with an MD5 as ETag, and redirects to storage without its own', async () => {
    form.attach(id, 'photo_1.png', Buffer.from('one'));
    const files = await asking.ask('GET', `${one}/attachments`);
    assert.deepEqual(files.body, json('attachments.json'));
    const file = await asking.ask('GET', `${one}/attachments/photo_1.png`);
    const recorded = json('headers.json').attachment.headers;
    assert.equal(file.headers.get('content-disposition'), recorded['content-disposition']);
    assert.match(file.headers.get('etag') ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal((await asking.ask('GET', `${one}/attachments/doc_1_0.png`)).body.code, 404.1);
    asking.central.redirectFiles = true;
    const redirect = await asking.ask('GET', `${one}/attachments/photo_1.png`);
    assert.deepEqual([redirect.status, redirect.headers.get('etag')], [307, null]);
    const location = redirect.headers.get('location') ?? '';
    assert.equal(await (await fetch(location)).text(), 'one');
    assert.equal((await fetch(location, { headers: { authorization: 'Bearer x' } })).status, 400);
  });

  it('rewrites history when a version is published: fields come and go, types become text', async () => {
    form.publish(fixture('household_registration.v3.xml'));
    const shown = await row();
    assert.equal('notes' in shown, false);
    assert.deepEqual([shown.phone, typeof shown.rooms], [null, 'string']);
    assert.equal(shown.__system.formVersion, '2026-01-01');
    const old = await asking.ask('GET', `${path}/versions/2026-01-01/fields?odata=true`);
    assert.deepEqual(old.body, json('fields-odata.v1.json'));
  });

  it('holds another form under the name of a deleted one, with an empty feed', async () => {
    const { createdAt } = form;
    asking.central.createForm(fixture('household_followup.v1.xml'), { project: 5 });
    asking.central.deleteForm(form);
    assert.equal((await asking.ask('GET', path)).status, 404);
    tick();
    const again = asking.central.createForm(fixture('household_registration.v1.xml'), { project: 5 });
    assert.notEqual(again.createdAt, createdAt);
    assert.equal((await list('$count=true')).body['@odata.count'], 0);
  });

  it('shows of an encrypted row its id and system fields alone', async () => {
    const sealed = form.submit({}, { encrypted: true });
    const shown = await row(sealed.id);
    assert.deepEqual(Object.keys(shown), ['__id', '__system']);
    const recorded = json('encrypted-submissions.json').value.find(
      (r: { __system: { status: unknown } }) => r.__system.status !== null,
    );
    assert.deepEqual(Object.keys(shown.__system), Object.keys(recorded.__system));
    assert.match(shown.__system.formVersion, /\[encrypted:/);
  });

  it('takes no submission for a closed form, and none of an unknown version', async () => {
    const xml = fixture('submission-A.xml').replaceAll('>\n', '>').replace('uuid:4197', 'uuid:5197');
    const unknown = await asking.ask('POST', `${path}/submissions`, xml.replace(/version="[^"]*"/, 'version="1999"'));
    assert.equal(unknown.body.code, json('error-404.6-unknown-form-version.json').code);
    form.state = 'closed';
    assert.equal((await asking.ask('POST', `${path}/submissions`, xml)).body.code, 409.2);
  });

  it('answers the service document and the extended form as Central did', async () => {
    const document = await asking.ask('GET', `${path}.svc`);
    assert.deepEqual(document.body, json('service-document.json'));
    const extended = await asking.ask('GET', path, undefined, { 'x-extended-metadata': 'true' });
    const recorded = json('form-extended.json');
    for (const key of ['submissions', 'entityRelated', 'reviewStates', 'lastSubmission']) {
      assert.deepEqual(shapeOf(extended.body[key]), shapeOf(recorded[key]), key);
    }
  });
});

describe('the wire of the fake Central', () => {
  it('ends sessions by time, refuses Basic over http, and has no login with OpenID Connect', async () => {
    let now = Date.now();
    const asking = await askFakeCentral({ clock: () => now, sessionMs: 1000 });
    asking.central.createForm(fixture('household_registration.v1.xml'));
    assert.equal((await asking.ask('GET', '/users/current')).status, 200);
    now += 1001;
    assert.deepEqual((await asking.ask('GET', '/users/current')).body, json('error-401.2.json'));
    const basic = await asking.ask('GET', '/projects', undefined, { authorization: 'Basic eA==' });
    assert.deepEqual(basic.body, json('error-401.3-basic-over-http.json'));
    await asking.close();
    const closed = await askFakeCentral({ openIdConnect: true });
    assert.equal((await closed.ask('POST', '/sessions', { email: 'a', password: 'b' })).status, 404);
    await closed.close();
  });

  it('refuses request lines above 16 KB', async () => {
    const asking = await askFakeCentral();
    asking.central.createForm(fixture('household_registration.v1.xml'));
    const ids = Array.from({ length: 300 }, (_, n) => `__id eq 'uuid:4197cef7-ba1e-4159-953f-34d70245${1000 + n}'`);
    const query = encodeURIComponent(ids.join(' or '));
    const { status } = await asking.ask(
      'GET',
      `/projects/1/forms/household_registration.svc/Submissions?$filter=${query}`,
    );
    assert.equal(status, 431);
    await asking.close();
  });

  it('falls silent in the middle of an answer of status 200 when told to, or breaks the connection', async () => {
    const asking = await askFakeCentral();
    asking.central.createForm(fixture('household_registration.v1.xml'));
    asking.central.trouble({ path: /Submissions/, kind: { cutAfter: 5 } });
    const feed = '/projects/1/forms/household_registration.svc/Submissions';
    await assert.rejects(asking.ask('GET', feed));
    assert.equal((await asking.ask('GET', feed)).status, 200);
    await asking.close();
  });

  it('takes its time by the rows it matches and sends', async () => {
    const asking = await askFakeCentral({ pace: { perRequest: 20, perRow: 10, perMatch: 10 } });
    const form = asking.central.createForm(fixture('household_registration.v1.xml'));
    for (const { answers } of generateSubmissions(4)) form.submit(answers);
    const since = performance.now();
    await asking.ask('GET', '/projects/1/forms/household_registration.svc/Submissions?$top=2');
    assert.ok(performance.now() - since >= 78);
    await asking.close();
  });
});
