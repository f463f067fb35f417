import assert from 'node:assert/strict';
import * as validators from '#validators';
import { operationNames, operationOf } from '../../src/dci/operations.ts';
import { registryNames } from '../../src/dci/registries/all.ts';
import { put } from '../registry/support.ts';
import { messageOf } from './messages.ts';
import { createRandom, hasCycle, mutate } from './mutate.ts';
import { byId, type Envelope, type TestPeer } from './peer.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type DciServer, startDciServer } from './server.ts';
import { assertOurs } from './shapes.ts';

const predicate = { attribute_name: 'surname', operator: 'eq', attribute_value: 'Diallo' };
const questions: readonly Record<string, unknown>[] = [
  byId('UIN', 'TEST-001'),
  {
    query_type: 'predicate',
    query: [
      {
        seq_num: 1,
        expression1: predicate,
        condition: 'and',
        expression2: { attribute_name: 'age', operator: 'lt', attribute_value: '60' },
      },
    ],
    sort: [{ attribute_name: 'birth_date', sort_order: 'desc' }],
    pagination: { page_size: 10, page_number: 1 },
  },
  {
    query_type: 'expression',
    reg_type: 'ns:org:RegistryType:Social',
    response_entity: 'Group',
    query: {
      type: 'ns:org:QueryType:expression',
      value: {
        expression: {
          collection: 'Group',
          query: {
            $and: [
              { poverty_score: { $lt: 5 } },
              { $or: [{ 'group_head_info.demographic_info.sex': 'female' }, { group_size: { $in: [1, 2] } }] },
              { locality: { $regex: '^Tha' } },
            ],
          },
        },
      },
    },
  },
  { query_type: 'graphql', query: '{ person(identifier: {type: "UIN", value: "TEST-001"}, sex: "female") { name } }' },
];

describe('a thousand messages gone wrong', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ config: { signatures: 'permissive' } });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    const identifiers = [{ type: 'national_id', value: 'TEST-001' }];
    await put(server.db, server.registry, {
      kind: 'individual',
      active: true,
      identifiers,
      name: { family: 'Diallo' },
    });
  });
  after(() => server.stop());

  for (const seed of [1, 2, 3, 4]) {
    it(`get an answer with a known code each, never a failure of ours (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const statuses = new Map<number, number>();
      for (let i = 0; i < 250; i += 1) {
        const question = questions[i % questions.length] as Record<string, unknown>;
        const envelope: Envelope = structuredClone({ signature: 'unsigned-stub', ...peer.search(question) });
        const times = 1 + Math.floor(random() * 3);
        for (let n = 0; n < times; n += 1) {
          mutate(envelope, random);
          if (hasCycle(envelope)) break;
        }
        if (hasCycle(envelope)) continue;
        let text = JSON.stringify(envelope);
        if (random() < 0.1) {
          const at = Math.floor(random() * text.length);
          text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 128)) + text.slice(at + 1);
        }
        // The shape of the answer is checked there, with the closed lists of codes in it.
        const answer = await server.search(text, token);
        assert.ok(answer.status < 500, `${answer.status} ${answer.text} for ${text}`);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      }
      assert.ok((statuses.get(200) ?? 0) > 20, 'too few reached the questions');
      assert.ok((statuses.get(400) ?? 0) > 20, 'too few were refused');
    });
  }
});

describe('a thousand messages of every operation gone wrong', () => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ config: { signatures: 'permissive' }, jobs: true });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('spmis.example.org', { source: true }));
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const good = operationNames.flatMap((operation) =>
    registryNames
      .filter((registry) => operationOf(operation).registries?.includes(registry) ?? true)
      .map((registry) => [operation, registry] as const),
  );

  for (const seed of [5, 6, 7, 8]) {
    it(`get an answer with a known code each, at once and later (seed ${seed})`, async () => {
      const random = createRandom(seed);
      const statuses = new Map<number, number>();
      for (let i = 0; i < 250; i += 1) {
        const [operation, registry] = good[(i * 7 + seed) % good.length] as (typeof good)[number];
        const sender_uri = `${receiver.url}/${registry}/${i}`;
        const envelope = structuredClone({
          signature: 'unsigned-stub',
          ...messageOf(operation, peer, registry, { sender_uri }),
        });
        // Most of them keep their header, or hardly any would get past it.
        const target = random() < 0.25 ? envelope : (envelope.message as object);
        const times = 1 + Math.floor(random() * 2);
        for (let n = 0; n < times && !hasCycle(envelope); n += 1) mutate(target, random);
        if (hasCycle(envelope)) continue;
        const text = JSON.stringify(envelope);
        const answer = await server.post(`/${registry}/registry/${operation}`, text, token);
        assert.ok(answer.status < 500, `${operation} ${answer.status} ${answer.text} for ${text}`);
        // Both hold the closed lists of codes.
        if (answer.json.header) assertOurs(operation, answer.json);
        else assert.ok(validators.emitAck(answer.json), `${operation}: ${answer.text} for ${text}`);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      }
      assert.ok((statuses.get(200) ?? 0) > 25, `too few reached the operations: ${[...statuses]}`);
      assert.ok((statuses.get(400) ?? 0) > 40, 'too few were refused');
    });
  }

  it('are called back in our shapes, where they are', async () => {
    await receiver.count(30);
    for (const { json } of receiver.received) assertOurs('search', json);
  });
});
