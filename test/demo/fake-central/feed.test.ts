import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  createFakeCentral,
  type FakeForm,
  type ServedCentral,
  serveFakeCentral,
} from '../../../src/demo/fake-central/index.ts';
import { generateSubmissions } from '../../../src/demo/household-registration/generate.ts';

const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/odk/${name}`, import.meta.url), 'utf8');
const json = (name: string) => JSON.parse(fixture(name));

describe('the fake Central', () => {
  let now = Date.parse('2026-11-22T04:16:34.150Z');
  const central = createFakeCentral({ clock: () => now });
  let form: FakeForm;
  let served: ServedCentral;
  let token: string;

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${served.url}/v1${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : undefined };
  };
  const list = (query: string) => get(`/projects/5/forms/household_registration.svc/Submissions?${query}`);
  const ids = (body: { value: { __id: string }[] }) => body.value.map((row) => row.__id);

  before(async () => {
    central.addUser('importer@example.test', 'secret', 'viewer');
    form = central.createForm(fixture('household_registration.v1.xml'), { project: 5 });
    served = await serveFakeCentral(central);
    const response = await fetch(`${served.url}/v1/sessions`, {
      method: 'POST',
      body: JSON.stringify({ email: 'importer@example.test', password: 'secret' }),
    });
    token = ((await response.json()) as { token: string }).token;
    form.submitXml(fixture('submission-A.xml').replaceAll('>\n', '>'));
    for (const { id, answers } of generateSubmissions(6)) {
      now += 30;
      form.submit(answers, { id });
    }
  });
  after(() => served.close());

  it('shows a submission as Central did, field by field and in order', async () => {
    const recorded = json('submissions-expanded.json').value.at(-1);
    const { body } = await list('$expand=*');
    const shown = body.value.at(-1);
    // Row ids are hashes of Central's own; and the recording had one file and a submitter.
    const blank = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replace(/[0-9a-f]{40}/g, 'row'));
    for (const row of [recorded, shown]) delete row.__system;
    assert.deepEqual(blank(shown), blank(recorded));
    assert.equal(JSON.stringify(blank(shown)), JSON.stringify(blank(recorded)));
  });

  it('lists the fields of the form as Central did', async () => {
    const { body } = await get('/projects/5/forms/household_registration/fields?odata=true');
    assert.deepEqual(body, json('fields-odata.v1.json'));
  });

  it('pages newest first, with absolute links to its configured domain that repeat the query', async () => {
    const first = await list('$top=3&$count=true');
    assert.equal(first.body['@odata.count'], 7);
    const next = first.body['@odata.nextLink'] as string;
    assert.match(next, /^https:\/\/central\.example\.test\/.*%24top=3&%24count=true&%24skiptoken=01/);
    const second = await list(new URL(next).search.slice(1));
    const third = await list(new URL(second.body['@odata.nextLink']).search.slice(1));
    assert.equal(third.body['@odata.nextLink'], undefined);
    const all = [first, second, third].flatMap(({ body }) => ids(body));
    assert.deepEqual(
      all,
      [...form.submissions].reverse().map((row) => row.id),
    );
  });

  it('ends a walk early, and looks complete, when the token row was purged', async () => {
    const first = await list('$top=3&$count=true');
    const victim = ids(first.body).at(-1) as string;
    const row = form.find(victim);
    form.purge(victim);
    const second = await list(new URL(first.body['@odata.nextLink']).search.slice(1));
    assert.deepEqual([second.status, second.body.value, second.body['@odata.nextLink']], [200, [], undefined]);
    form.submit(row?.current[0]?.answers ?? {}, { id: victim, submissionDate: row?.submissionDate ?? '' });
  });

  const refusals: readonly (readonly [string, string])[] = [
    ['$filter=(((', 'error-400.18'],
    ["$filter=district%20eq%20'd01'", 'error-501.5'],
    ["$filter=contains(__id,'a')", 'error-501.4'],
    ['$filter=__system/submissionDate%20lt%20now()', 'error-500'],
    ['$expand=members', 'error-501.6'],
    ['$expand=*&$select=__id', 'error-501.11'],
    ['$select=hh-name', 'error-400.23'],
    ['$orderby=__system/submissionDate%20asc&$skiptoken=01e30=', 'error-501.1'],
    ['$skiptoken=zzz', 'error-400.35'],
    ['top=1', 'error-501.1'],
    ['$top=x', 'error-400.11'],
  ];
  for (const [query, wanted] of refusals) {
    it(`refuses ${decodeURIComponent(query)} with ${wanted}`, async () => {
      const { status, body } = await list(query);
      assert.equal(`error-${body.code ?? status}`, wanted);
    });
  }

  it('applies null rules and the rule of deletedAt to filters', async () => {
    const [a, b, c] = form.submissions.map((row) => row.id) as [string, string, string];
    form.review(a, 'approved');
    form.remove(b);
    const found = async (filter: string) => ids((await list(`$filter=${encodeURIComponent(filter)}`)).body);
    assert.deepEqual(await found('__system/updatedAt ge 2020-01-01T00:00:00.000Z'), [a]);
    assert.deepEqual(await found("__system/reviewState eq 'approved'"), [a]);
    assert.equal((await found("__system/reviewState ne 'approved'")).length, 5);
    assert.deepEqual(await found('__system/deletedAt ne null'), [b]);
    assert.equal((await found('__system/deletedAt eq null or __system/deletedAt ne null')).length, 7);
    assert.deepEqual(await found(`__id eq '${c}' or __id eq '${b}'`), [c]);
    form.restore(b);
  });

  it('answers 304 although a file arrived or a version was published', async () => {
    const before = await list('$top=2');
    const conditional = { 'if-none-match': before.headers.get('etag') ?? '' };
    form.publish(fixture('household_registration.v2.xml'));
    assert.equal(
      (await get('/projects/5/forms/household_registration.svc/Submissions?$top=2', conditional)).status,
      304,
    );
    const { body } = await list('$top=1');
    assert.equal('notes' in body.value[0], false);
    assert.equal(body.value[0].phone, null);
  });

  it('forbids a viewer to set a review state, and anyone without a session to read', async () => {
    const path = `${served.url}/v1/projects/5/forms/household_registration/submissions/${form.submissions[0]?.id}`;
    const patch = await fetch(path, { method: 'PATCH', headers: { authorization: `Bearer ${token}` }, body: '{}' });
    assert.equal(patch.status, 403);
    central.endSessions();
    assert.equal((await list('$top=1')).status, 401);
  });
});

describe('made-up households', () => {
  it('are the same for the same seed, whatever the count', () => {
    const three = [...generateSubmissions(3, 7)];
    assert.deepEqual(three, [...generateSubmissions(5, 7)].slice(0, 3));
    assert.notDeepEqual(three, [...generateSubmissions(3, 8)]);
  });
});
