import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import * as validators from '#validators';
import type { GroupDraft, IndividualDraft } from '../../src/registry/index.ts';
import { put } from '../registry/support.ts';
import { describeStore } from '../support/stores.ts';
import { byId, signString, type TestPeer } from './peer.ts';
import { hasReference, publishedAnswer } from './reference.ts';
import { type Answer, type DciServer, startDciServer } from './server.ts';

const person = (given: string, uin: string, more: Partial<IndividualDraft> = {}): IndividualDraft => ({
  kind: 'individual',
  active: true,
  identifiers: [{ type: 'national_id', value: uin }],
  name: { given, family: 'Diallo' },
  sex: '2',
  birthDate: '1990-04-12',
  sections: { member: { marital_status: 'M' } },
  ...more,
});

const household: GroupDraft = {
  kind: 'group',
  active: true,
  identifiers: [{ type: 'household_id', value: 'HH-1' }],
  groupType: 'household',
  sections: { group: { poverty_score: 2.5 } },
};

const predicate = (attribute_name: string, operator: string, attribute_value: unknown, more: object = {}) => ({
  query_type: 'predicate',
  query: [{ seq_num: 1, expression1: { attribute_name, operator, attribute_value } }],
  ...more,
});

describeStore('a signed synchronous search', ({ database }) => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  const ask = async (...criteria: readonly Record<string, unknown>[]): Promise<Answer> =>
    await server.search(signString(peer, peer.searchMany(criteria)), token);
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  const items = async (...criteria: readonly Record<string, unknown>[]): Promise<any[]> => {
    const answer = await ask(...criteria);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.message.search_response;
  };

  before(async () => {
    server = await startDciServer({ db: database() });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    const [amina, moussa] = await put(
      database(),
      server.registry,
      person('Amina', 'TEST-001'),
      person('Moussa', 'TEST-002', { sex: '1', birthDate: '1988-01-31' }),
      person('Gone', 'TEST-003', { active: false }),
    );
    const [group] = await put(database(), server.registry, household);
    const members = [
      { individualId: amina as string, roles: ['head'] },
      { individualId: moussa as string, roles: [] },
    ];
    await database().write((tx) =>
      server.registry.saveMemberships(tx, [{ groupId: group as string, members, others: 'keep' }], 'user:test'),
    );
  });
  after(() => server.stop());

  it('is answered with the record, in an envelope that we signed', async () => {
    const question = peer.search(byId('UIN', 'TEST-001'));
    const answer = await server.search(signString(peer, question), token);
    const { header, message, signature } = answer.json;
    assert.equal(header.action, 'on-search');
    assert.equal(header.status, 'succ');
    assert.equal(header.total_count, 1);
    assert.equal(header.completed_count, 1);
    assert.equal(header.sender_id, 'crosswalk.test');
    assert.equal(header.receiver_id, 'spmis.example.org');
    assert.equal(message.transaction_id, (question.message as { transaction_id: string }).transaction_id);
    const [item] = message.search_response;
    assert.equal(item.reference_id, 'ref-1');
    assert.equal(item.locale, 'eng');
    assert.deepEqual(item.pagination, { page_size: 20, page_number: 1, total_count: 1 });
    assert.equal(item.data.reg_type, 'ns:org:RegistryType:Social');
    assert.equal(item.data.reg_record_type, 'Member');
    const [{ last_updated, ...record }] = item.data.reg_records;
    assert.match(last_updated, /Z$/);
    const identifier = [{ identifier_type: 'UIN', identifier_value: 'TEST-001' }];
    assert.deepEqual(record, {
      '@type': 'Member',
      member_identifier: identifier,
      demographic_info: {
        '@type': 'SRPerson',
        identifier,
        name: { given_name: 'Amina', surname: 'Diallo' },
        sex: 'female',
        birth_date: '1990-04-12T00:00:00Z',
      },
      marital_status: 'M',
    });

    const jwks = await server.get('/.well-known/jwks.json');
    assert.ok(validators.emitJwks(jwks.json));
    const part = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(signature)?.[1] ?? '';
    const key = jwks.json.keys.find(({ kid }: { kid: string }) => kid === part('kidId'));
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== 'object' || value === null) return value;
      const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
    };
    const digest = createHash('sha256')
      .update(JSON.stringify(sorted({ header, message })))
      .digest('base64');
    const text = `(created): ${part('created')}\n(expires): ${part('expires')}\ndigest: ${digest}`;
    const bytes = Buffer.from(/, signature="([^"]*)"/.exec(signature)?.[1] ?? '', 'base64');
    assert.ok(verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), bytes));
  });

  it('fits the published schema, as every other answer of this file', async function () {
    if (!hasReference) this.skip();
    const answer = await ask(byId('UIN', 'TEST-001'), predicate('shoe_size', 'eq', '44'));
    const published = publishedAnswer('social', '/registry/sync/search');
    assert.ok(published?.(answer.json), JSON.stringify(published?.errors));
    assert.ok(!published?.({ ...answer.json, header: {} }), 'the published schema refuses nothing');
  });

  it('finds nobody with success and an empty list', async () => {
    const [item] = await items(byId('UIN', 'NOBODY'));
    assert.equal(item.status, 'succ');
    assert.deepEqual(item.data.reg_records, []);
    assert.equal(item.pagination.total_count, 0);
  });

  it('takes further names of an identifier type, in any case', async () => {
    for (const type of ['uin', 'NIN', 'NationalID', 'ns:dci:UIN', 'national_id']) {
      const [item] = await items(byId(type, 'TEST-001'));
      assert.equal(item.data.reg_records.length, 1, type);
    }
  });

  it('does not find who was deregistered', async () => {
    const [byIdentifier, byName] = await items(byId('UIN', 'TEST-003'), predicate('given_name', 'eq', 'Gone'));
    assert.equal(byIdentifier.pagination.total_count, 0);
    assert.equal(byName.pagination.total_count, 0);
  });

  it('answers each item for itself', async () => {
    const answer = await ask(
      byId('UIN', 'TEST-002'),
      predicate('shoe_size', 'eq', '44'),
      predicate('poverty_score', 'lt', '5'),
      { query_type: 'predicate', query: [{}] },
      { ...byId('UIN', 'TEST-001'), sort: [{ attribute_name: 'nothing' }] },
    );
    const list = answer.json.message.search_response;
    assert.deepEqual(
      list.map(
        ({ status, status_reason_code: code }: { status: string; status_reason_code?: string }) => code ?? status,
      ),
      ['succ', 'rjct.search_criteria.invalid', 'succ', 'rjct.filter.invalid', 'rjct.sort.invalid'],
    );
    assert.equal(answer.json.header.status, 'succ');
    assert.equal(answer.json.header.total_count, 5);
    assert.equal(list[2].data.reg_records.length, 2);
  });

  it('lets a look-up be ordered by the identifier it looks up, and no other question', async () => {
    const sort = [{ attribute_name: 'UIN', sort_order: 'asc' }];
    const [lookUp, other] = await items(
      { ...byId('UIN', 'TEST-001'), sort },
      predicate('surname', 'eq', 'diallo', { sort }),
    );
    assert.deepEqual([lookUp.status, other.status_reason_code], ['succ', 'rjct.sort.invalid']);
  });

  it('says so in the header when every item was refused', async () => {
    const answer = await ask(predicate('shoe_size', 'eq', '44'));
    assert.equal(answer.status, 200);
    assert.equal(answer.json.header.status, 'rjct');
    assert.equal(answer.json.header.status_reason_code, 'rjct.errors.too_many');
  });

  it('refuses the second item of one reference id', async () => {
    const question = peer.searchMany([byId('UIN', 'TEST-001'), byId('UIN', 'TEST-002')]);
    for (const item of (question.message as { search_request: { reference_id: string }[] }).search_request) {
      item.reference_id = 'same';
    }
    const answer = await server.search(signString(peer, question), token);
    const [first, second] = answer.json.message.search_response;
    assert.equal(first.status, 'succ');
    assert.equal(second.status_reason_code, 'rjct.reference_id.duplicate');
  });

  it('answers a long message item by item in its order, and has everybody it names on the ledger', async () => {
    const kinds = [
      { criteria: byId('UIN', 'TEST-001'), status: 'succ', found: 1 },
      { criteria: byId('UIN', 'TEST-002'), status: 'succ', found: 1 },
      { criteria: predicate('shoe_size', 'eq', '44'), status: 'rjct', found: 0 },
      { criteria: byId('UIN', 'TEST-003'), status: 'succ', found: 0 },
      { criteria: predicate('surname', 'eq', 'diallo'), status: 'succ', found: 2 },
      { criteria: { ...byId('HOUSEHOLD_ID', 'HH-1'), response_entity: 'Group' }, status: 'succ', found: 1 },
    ];
    const asked = Array.from({ length: 600 }, (_, i) => kinds[(i * 7 + Math.floor(i / 100)) % kinds.length]);
    const answer = await ask(...asked.map((kind) => kind?.criteria ?? {}));
    assert.equal(answer.json.header.total_count, asked.length);
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const said = answer.json.message.search_response.map((item: any) => ({
      reference: item.reference_id,
      status: item.status,
      found: item.data?.reg_records.length ?? 0,
    }));
    assert.deepEqual(
      said,
      asked.map((kind, i) => ({ reference: `ref-${i + 1}`, status: kind?.status, found: kind?.found })),
    );
    const messageId = answer.json.header.message_id;
    for (const subject of ['TEST-001', 'TEST-002', 'HH-1']) {
      assert.equal((await server.ledger.find({ subject, messageId })).entries.length, 1, subject);
    }
  });

  it('shows a household with its head and members', async () => {
    const [item] = await items({ ...byId('HOUSEHOLD_ID', 'HH-1'), response_entity: 'Group' });
    assert.equal(item.data.reg_record_type, 'Group');
    const [group] = item.data.reg_records;
    assert.equal(group.group_type, '2');
    assert.equal(group.group_size, 2);
    assert.equal(group.poverty_score, 2.5);
    assert.equal(group.group_head_info.demographic_info.name.given_name, 'Amina');
    assert.deepEqual(
      group.member_list.map(
        (one: { demographic_info: { name: { given_name: string } } }) => one.demographic_info.name.given_name,
      ),
      ['Amina', 'Moussa'],
    );
  });

  it('chooses persons or groups by response_entity, record type, or the collection of the question', async () => {
    const query = (collection: string) => ({ value: { expression: { collection, query: { sex: 'female' } } } });
    const [byEntity, byType, byCollection, entityWins] = await items(
      { query_type: 'expression', query: query('x'), response_entity: 'Group' },
      { query_type: 'expression', query: query('x'), reg_record_type: 'GROUP' },
      { query_type: 'expression', query: query('Group') },
      { query_type: 'expression', query: query('Group'), response_entity: 'member' },
    );
    assert.deepEqual(
      [byEntity, byType, byCollection, entityWins].map(({ data }) => data.reg_record_type),
      ['Group', 'Group', 'Group', 'Member'],
    );
    assert.equal(byCollection.pagination.total_count, 1);
  });

  it('pages, with the pagination of the criteria before that of the item', async () => {
    const sort = [{ attribute_name: 'birth_date', sort_order: 'desc' }];
    const criteria = predicate('surname', 'eq', 'diallo', { sort, pagination: { page_size: '1', page_number: 2 } });
    const question = peer.searchMany([criteria, { ...criteria, pagination: {} }, { ...criteria, pagination: '' }]);
    for (const item of (question.message as { search_request: Record<string, unknown>[] }).search_request) {
      item['pagination'] = { page_size: 1, page_number: 1 };
    }
    const answer = await server.search(signString(peer, question), token);
    const [second, whole, first] = answer.json.message.search_response;
    const names = (item: { data: { reg_records: { demographic_info: { name: { given_name: string } } }[] } }) =>
      item.data.reg_records.map(({ demographic_info }) => demographic_info.name.given_name);
    assert.deepEqual(names(second), ['Moussa']);
    assert.deepEqual(second.pagination, { page_size: 1, page_number: 2, total_count: 2 });
    assert.deepEqual(names(whole), ['Amina', 'Moussa']);
    assert.deepEqual(names(first), ['Amina']);
  });

  it('cuts pages to a bound, and answers an empty list beyond the last', async () => {
    const [large, beyond] = await items(
      predicate('surname', 'eq', 'Diallo', { pagination: { page_size: 5000 } }),
      predicate('surname', 'eq', 'Diallo', { pagination: { page_size: 10, page_number: 99 } }),
    );
    assert.equal(large.pagination.page_size, 1000);
    assert.deepEqual(beyond.data.reg_records, []);
    assert.equal(beyond.pagination.total_count, 2);
  });

  it('answers a thousand look-ups in one message', async () => {
    const list = await items(...Array.from({ length: 1000 }, (_, i) => byId('UIN', i % 2 ? 'TEST-001' : `NO-${i}`)));
    assert.equal(list.length, 1000);
    assert.equal(list.filter(({ data }) => data.reg_records.length === 1).length, 500);
  });

  it('echoes ids that came as numbers as text', async () => {
    const question = peer.search(byId('UIN', 'TEST-001'));
    const message = question.message as { transaction_id: unknown; search_request: { reference_id: unknown }[] };
    message.transaction_id = 123456789;
    (message.search_request[0] as { reference_id: unknown }).reference_id = 7;
    const answer = await server.search(signString(peer, question), token);
    assert.equal(answer.json.message.transaction_id, '123456789');
    assert.equal(answer.json.message.search_response[0].reference_id, '7');
  });

  it('writes Content-Type in capitals and echoes the request id', async () => {
    const body = JSON.stringify(signString(peer, peer.search(byId('UIN', 'TEST-001'))));
    const { request } = await import('node:http');
    const raw = await new Promise<{ rawHeaders: string[] }>((resolve, reject) => {
      const call = request(
        `${server.url}/registry/sync/search`,
        {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'X-Request-Id': 'trace-1', 'X-Correlation-Id': 'c-1' },
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response));
        },
      );
      call.on('error', reject);
      call.end(body);
    });
    const at = raw.rawHeaders.indexOf('Content-Type');
    assert.equal(raw.rawHeaders[at + 1], 'application/json; charset=utf-8');
    assert.equal(raw.rawHeaders[raw.rawHeaders.indexOf('X-Request-Id') + 1], 'trace-1');
    assert.equal(raw.rawHeaders[raw.rawHeaders.indexOf('X-Correlation-Id') + 1], 'c-1');
  });
});
