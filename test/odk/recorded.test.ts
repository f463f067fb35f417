import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Group, Individual } from '../../src/registry/index.ts';
import { describeStore } from '../support/stores.ts';
import { changed, fixture, wholeMapping } from './mapping/support.ts';
import { type Importer, LOGIN, membersOf, openImporter } from './support.ts';

interface Member {
  readonly name: { readonly given_name: string | null; readonly family_name: string | null };
  readonly document?: readonly { readonly doc_type: string; readonly doc_number: string | null }[];
}
interface Recorded {
  readonly __id: string;
  readonly hh_name: string | null;
  readonly card_no: string | null;
  readonly members: { readonly member?: readonly Member[] };
}

const rowsOf = (name: string): readonly Recorded[] => JSON.parse(fixture(name)).value;
const documentTypes: Readonly<Record<string, string>> = {
  birth_cert: 'birth_certificate',
  nid: 'national_id',
  voter: 'voter_card',
};

/** The answers of a real Central for our form, served again as they were recorded. */
const serveRecorded = async (feed: () => string): Promise<{ readonly server: Server; readonly url: string }> => {
  const form = '/v1/projects/5/forms/household_registration';
  const answers: readonly (readonly [RegExp, () => string])[] = [
    [/^\/v1\/sessions$/, () => fixture('session.json').replace(/"token": "[^"]*"/, '"token": "t"')],
    [new RegExp(`^${form}$`), () => fixture('form.json')],
    [new RegExp(`^${form}/fields`), () => fixture('fields-odata.v1.json')],
    [new RegExp(`^${form}\\.xml$`), () => fixture('household_registration.v1.xml')],
    [new RegExp(`^${form}\\.svc/Submissions`), () => fixture(feed())],
    [new RegExp(`^${form}/submissions/uuid%3A4197cef7[^/]*/attachments$`), () => fixture('attachments.json')],
    [/\/attachments\/photo_1\.png$/, () => '\x89PNG\r\n\x1a\n'],
  ];
  const server = createServer((request, response) => {
    const found = answers.find(([path]) => path.test(request.url ?? ''));
    response.writeHead(found ? 200 : 404, {
      'content-type': 'application/json',
      date: 'Sun, 22 Nov 2026 04:16:36 GMT',
    });
    response.end(
      found ? Buffer.from(found[1](), found[0].source.includes('photo') ? 'latin1' : 'utf8') : '{"code":404.1}',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

describeStore('the recorded answers of a real Central', ({ database }) => {
  let importer: Importer;
  let server: Server;
  let feed = 'submissions-expanded.json';
  let url = '';
  const clock = () => Date.parse('2026-11-22T05:00:00.000Z') + Math.floor(performance.now());
  const add = (mapping: string) => {
    const given = { url, project: 5, form: 'household_registration', email: LOGIN.email };
    return importer.odk.add({ name: 'pilot', given, credentials: LOGIN, mapping });
  };
  const sync = () => importer.odk.sync('pilot', { eager: true });
  const households = async (): Promise<ReadonlyMap<string, Group>> =>
    new Map(
      ((await importer.everybody('group')) as Group[]).map((group) => [
        group.identifiers.find(({ type }) => type === 'odk_submission')?.value ?? '',
        group,
      ]),
    );
  before(async () => {
    const served = await serveRecorded(() => feed);
    server = served.server;
    url = served.url;
    importer = openImporter(database(), { clock });
  });
  after(async () => {
    await importer.close();
    server.close();
    server.closeAllConnections();
  });

  it('come in but for the one that holds no date and no choice, which says so', async () => {
    const { warnings } = await add(wholeMapping);
    assert.ok(
      warnings.some((warning) => warning.startsWith('notes:')),
      warnings.join('\n'),
    );
    const { read, created, parked } = await sync();
    assert.deepEqual([read, created, parked], [7, 6, 1]);
    const [source] = (await importer.odk.status('pilot')).sources;
    const [letter] = source?.deadLetters ?? [];
    assert.deepEqual([letter?.reason, letter?.path, letter?.value], ['bad-type', 'reg_date', '31/12/2026']);
  });

  it('hold no household, member or identifier that is not imported', async () => {
    await add(
      changed(
        ['registeredOn: reg_date\n  ', ''],
        ['rooms: rooms', 'rooms: rooms\n    registered: reg_date'],
        ['vocabulary: district }', 'vocabulary: district, unknown: raw }'],
      ),
    );
    await sync();
    const found = await households();
    const rows = rowsOf(feed);
    assert.deepEqual([...found.keys()].sort(), rows.map(({ __id }) => __id).sort());
    let people = 0;
    let papers = 0;
    for (const { __id, hh_name, card_no, members } of rows) {
      const group = found.get(__id) as Group;
      assert.equal(group.name, hh_name ?? undefined);
      assert.equal(group.identifiers.find(({ type }) => type === 'card')?.value, card_no ?? undefined);
      const told = members.member ?? [];
      const kin = await membersOf(importer, group);
      assert.equal(kin.length, told.length, __id);
      for (const [at, { name, document = [] }] of told.entries()) {
        const other = kin[at]?.other as Individual;
        assert.deepEqual([other.name?.given ?? null, other.name?.family ?? null], [name.given_name, name.family_name]);
        const wanted = document
          .filter(({ doc_number }) => doc_number)
          .map(({ doc_type, doc_number }) => `${documentTypes[doc_type]} ${doc_number}`);
        const held = other.identifiers.map(({ type, value }) => `${type} ${value}`);
        assert.deepEqual(held.sort(), wanted.sort());
        people += 1;
        papers += wanted.length;
      }
    }
    assert.deepEqual([rows.length, people, papers], [7, 12, 3]);
  });

  it('bring the one file that had arrived, and wait for the others', async () => {
    const group = (await households()).get('uuid:4197cef7-ba1e-4159-953f-34d70245cc1b');
    assert.equal(group?.photo?.contentType, 'image/png');
    const [source] = (await importer.odk.status('pilot')).sources;
    assert.deepEqual(source?.files, { outstanding: 2, failed: 0 });
  });

  it('of later, with an edit, reviews and a deletion, change what they say and nobody else', async () => {
    const before = await households();
    const edited = 'uuid:9ad9b710-f6ae-4c1b-9ab7-c126bf4052d3';
    const members = await membersOf(importer, before.get(edited));
    feed = 'submissions-incremental.json';
    const { read, updated, retired, held, parked, unchanged } = await sync();
    assert.deepEqual({ read, retired, held, parked }, { read: 7, retired: 2, held: 1, parked: 1 });
    assert.equal(updated + unchanged, 3);
    const [source] = (await importer.odk.status('pilot')).sources;
    const [letter] = source?.deadLetters ?? [];
    assert.deepEqual(
      [letter?.instanceId, letter?.reason],
      [edited, 'head-missing'],
      'the head was removed in the edit',
    );
    await add(
      changed(
        ['registeredOn: reg_date\n  ', ''],
        ['rooms: rooms', 'rooms: rooms\n    registered: reg_date'],
        ['vocabulary: district }', 'vocabulary: district, unknown: raw }'],
        ['missing: fail', 'missing: noHead'],
      ),
    );
    await sync();
    const now = await membersOf(importer, (await households()).get(edited));
    const people = (kin: typeof now, live: boolean) =>
      kin.filter(({ membership }) => membership.live === live).map(({ other }) => other.id);
    const ids = members.map(({ other }) => other.id);
    // Ids of repeat rows have moved up by one; the people have not.
    assert.deepEqual(people(now, true), ids.slice(1));
    assert.deepEqual(people(now, false), ids.slice(0, 1));
  });
});
