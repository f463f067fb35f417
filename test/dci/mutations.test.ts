import assert from 'node:assert/strict';
import { put } from '../registry/support.ts';
import { byId, type Envelope, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

/** A small generator of numbers that depend on the seed alone (mulberry32). */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

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

const nasty: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  2 ** 53,
  1e308,
  true,
  [],
  {},
  [[]],
  [null],
  { $eq: null },
  { $regex: '(a+)+$' },
  { $in: [] },
  'x'.repeat(5000),
  '‮ Ünïcödé 🦄',
  '\u0001\u007f',
  "'; drop table registrants; --",
  '%',
  '_',
  '*',
  '9999-99-99',
  '2025-01-15T10:30:00Z',
  'NaN',
  '1e999',
  'ns:org:RegistryType:CRVS',
  { identifier_type: 'UIN', identifier_value: 'TEST-001' },
  { type: 'range', gte: 5 },
];
const names = ['__proto__', 'constructor', '', '$where', '$not', 'identifier', 'name', 'query', 'a.b.c', '🦄', 'type'];

/** Changes one place of a document, in one of several ways. */
const mutate = (document: unknown, random: () => number): void => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      visit((value as Record<string, unknown>)[key]);
    }
  };
  visit(document);
  const { holder, key } = pick(places);
  const way = random();
  if (way < 0.15) delete holder[key];
  else if (way < 0.3) {
    Object.defineProperty(holder, pick(names), {
      value: holder[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
    delete holder[key];
  } else if (way < 0.4) holder[key] = [holder[key]];
  else if (way < 0.5) holder[key] = pick(places).holder;
  else holder[key] = pick(nasty);
};

const hasCycle = (value: unknown): boolean => {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
};

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
