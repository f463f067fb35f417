import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as validators from '#validators';
import { type OperationName, operationNames, operationOf } from '../../src/dci/operations.ts';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { lookUps, messageOf } from '../dci/messages.ts';
import { byId, type Envelope, type TestPeer } from '../dci/peer.ts';
import { type Received, type Receiver, startReceiver } from '../dci/receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../dci/server.ts';
import { assertAckShape, assertCallbackShape, assertReplyShape } from '../dci/shapes.ts';

// An open conformance suite asks these of social, civil and farmer registries (dci.md §14, §5.1); this is our own reading.
const suites: readonly RegistryName[] = ['social', 'crvs', 'fr'];

const callbacks = operationNames.filter((name) => operationOf(name).kind === 'callback');
const everywhere = operationNames.filter((name) => operationOf(name).registries === undefined);

/** Refused as the suite wants it: a 4xx with a JSON object, or 200 with an Ack that says ERR; never 202. */
const assertRefused = (answer: Answer, what: string): void => {
  assert.equal(typeof answer.json, 'object', what);
  const isErr = answer.status === 200 && answer.json.message?.ack_status === 'ERR';
  assert.ok(isErr || (answer.status >= 400 && answer.status < 500), `${what}: ${answer.status} ${answer.text}`);
};

for (const registry of suites) {
  describe(`the suite-like run against a ${registry} registry`, () => {
    let server: DciServer;
    let receiver: Receiver;
    let peer: TestPeer;
    let token: string;

    before(async () => {
      server = await startDciServer({ config: { registry, signatures: 'permissive' }, jobs: true });
      receiver = await startReceiver();
      ({ peer, token } = await server.addPeer('compliance.example.org', { keys: [] }));
    });
    after(async () => {
      await Promise.all([server.stop(), receiver.stop()]);
    });

    const headers = { receiver_id: 'registry-server' };
    const post = (operation: OperationName, envelope: Envelope, signature: unknown = 'unsigned-stub', whose = token) =>
      server.post(`/registry/${operation}`, { ...envelope, signature }, whose);
    const send = (operation: OperationName, more: Record<string, unknown> = {}) =>
      post(operation, messageOf(operation, peer, registry, { ...headers, ...more }));

    it('asks for a token before it looks at anything, on every endpoint', async () => {
      for (const operation of everywhere) {
        for (const [body, whose] of [
          ['{', undefined],
          [JSON.stringify(messageOf(operation, peer, registry)), 'wrong'],
        ] as const) {
          const answer = await server.post(`/registry/${operation}`, body, whose);
          assert.equal(answer.status, 401, operation);
          assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
          assert.ok(answer.json.message && Array.isArray(answer.json.errors), operation);
        }
      }
    });

    it('takes unsigned stubs and refuses an invalid signature, on every endpoint', async () => {
      for (const operation of everywhere) {
        for (const signature of ['unsigned-stub', 'unsigned', '']) {
          const taken = await post(operation, messageOf(operation, peer, registry, headers), signature);
          assert.equal(taken.status, 200, `${operation} ${signature}: ${taken.text}`);
        }
        const refused = await post(operation, messageOf(operation, peer, registry, headers), 'invalid-signature');
        assert.equal(refused.status, 401, operation);
        assert.equal(refused.json.message.error.code, 'err.signature.invalid');
      }
    });

    it('refuses a request without its message, its header or the right action, on every endpoint', async () => {
      for (const operation of everywhere) {
        const good = (): Envelope => messageOf(operation, peer, registry, headers);
        const { message: _, ...withoutMessage } = good();
        assertRefused(await post(operation, withoutMessage as Envelope), `${operation} without message`);
        const { header: __, ...withoutHeader } = good();
        assertRefused(await post(operation, withoutHeader as Envelope), `${operation} without header`);
        const wrong = messageOf(operation, peer, registry, { action: 'nonsense' });
        assertRefused(await post(operation, wrong), `${operation} with another action`);
        assertRefused(await server.post(`/registry/${operation}`, 'no json', token), `${operation} without JSON`);
      }
    });

    it('answers look-ups of ids that nobody has with success and an empty list', async () => {
      const answer = await send('sync/search');
      assert.equal(answer.status, 200, answer.text);
      assertReplyShape(answer.json, registry);
      assert.equal(answer.json.header.action, 'on-search');
      assert.deepEqual(answer.json.message.search_response[0].data.reg_records, []);
    });

    it('takes every form of a question that the suite sends', async () => {
      const predicate = (attribute_name: string, operator: string, attribute_value: unknown) => ({
        query_type: 'predicate',
        query: [{ seq_num: 1, expression1: { attribute_name, operator, attribute_value } }],
      });
      const expression = (query: object) => ({
        query_type: 'expression',
        query: { type: 'ns:org:QueryType:expression', value: { expression: { collection: 'Group', query } } },
      });
      const forms = [
        byId(...lookUps[registry]),
        predicate('age', 'lt', '25'),
        predicate('poverty_score', 'lt', '2.5'),
        predicate('birth_date', 'gte', '2020-01-01'),
        predicate('place_of_birth', 'eq', 'Koh Samui'),
        predicate('crop_type', 'eq', 'Maize'),
        expression({ $and: [{ poverty_score: { $lt: 5 } }, { location: { $eq: 'central_region' } }] }),
        { query_type: 'graphql', query: '{ person(identifier: {type: "UIN", value: "TEST-001"}) { name } }' },
      ];
      const answer = await post('sync/search', peer.searchMany(forms, headers));
      assert.equal(answer.status, 200, answer.text);
      assertReplyShape(answer.json, registry);
      assert.equal(answer.json.message.search_response.length, forms.length);
      for (const form of forms) assertAckShape((await post('search', peer.search(form, headers))).json, registry);
    });

    describe('holds its limits before it acknowledges', () => {
      type Change = (envelope: Envelope) => void;
      // biome-ignore lint/suspicious/noExplicitAny: the test takes messages apart
      const message = (envelope: Envelope): any => envelope.message;
      const item = (envelope: Envelope) => message(envelope).search_request[0];
      const cases: readonly (readonly [string, Change, boolean])[] = [
        [
          'a transaction id of 99',
          (e) => Object.assign(message(e), { transaction_id: randomUUID().padEnd(99, 't') }),
          true,
        ],
        ['a transaction id of 100', (e) => Object.assign(message(e), { transaction_id: 't'.repeat(100) }), false],
        ['no transaction id', (e) => delete message(e).transaction_id, false],
        ['an empty transaction id', (e) => Object.assign(message(e), { transaction_id: '' }), false],
        ['a time that is none', (e) => Object.assign(item(e), { timestamp: 'not-a-timestamp' }), false],
        ['a time without offset', (e) => Object.assign(item(e), { timestamp: '2025-01-15T10:30:00' }), false],
        ['a time with an offset', (e) => Object.assign(item(e), { timestamp: '2025-01-15T10:30:00+05:30' }), true],
        ['the locale eng', (e) => Object.assign(item(e), { locale: 'eng' }), true],
        ['the locale en', (e) => Object.assign(item(e), { locale: 'en' }), false],
        ['the locale ENG', (e) => Object.assign(item(e), { locale: 'ENG' }), false],
        ['no reference id', (e) => delete item(e).reference_id, false],
        ['an unknown query type', (e) => Object.assign(item(e).search_criteria, { query_type: 'guess' }), false],
        ...([0, -1] as const).flatMap((page_size): [string, Change, boolean][] => [
          [
            `a page size of ${page_size} on the item`,
            (e) => Object.assign(item(e), { pagination: { page_size } }),
            false,
          ],
          [
            `a page size of ${page_size} in the criteria`,
            (e) => Object.assign(item(e).search_criteria, { pagination: { page_size } }),
            false,
          ],
        ]),
        ['a page number of 0', (e) => Object.assign(item(e), { pagination: { page_size: 10, page_number: 0 } }), false],
        ['a page of one', (e) => Object.assign(item(e), { pagination: { page_size: 1, page_number: 1 } }), true],
      ];
      for (const [what, change, isGood] of cases) {
        it(`${isGood ? 'takes' : 'refuses'} ${what}, at once and later`, async () => {
          for (const operation of ['sync/search', 'search'] as const) {
            const envelope = messageOf(operation, peer, registry, headers);
            change(envelope);
            const answer = await post(operation, envelope);
            if (isGood) assert.equal(answer.status, 200, answer.text);
            else assertRefused(answer, what);
          }
        });
      }
    });

    describe('calls back', () => {
      const pairs = [
        ['search', 'on-search', '/registry/on-search'],
        ['subscribe', 'on-subscribe', '/registry/on-subscribe'],
        ['unsubscribe', 'on-unsubscribe', '/registry/on-unsubscribe'],
        ['txn/status', 'txn-on-status', '/registry/txn/on-status'],
      ] as const;
      const callbackOf = async (correlation: string): Promise<Received> => {
        for (let tries = 0; tries < 400; tries += 1) {
          const found = receiver.received.find(({ json }) => json.message.correlation_id === correlation);
          if (found) return found;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        return assert.fail('no callback came');
      };

      for (const [operation, action, path] of pairs) {
        it(`with ${action} to the address given, with the ids of question and Ack, at once`, async () => {
          const place = `/some/where${path}?for=${registry}`;
          const envelope = messageOf(operation, peer, registry, { ...headers, sender_uri: `${receiver.url}${place}` });
          const asked = Date.now();
          const answer = await post(operation, envelope);
          assert.equal(answer.status, 200, answer.text);
          assertAckShape(answer.json, registry);
          assert.equal(answer.json.message.ack_status, 'ACK');
          const { json, path: at, headers: sent, at: came } = await callbackOf(answer.json.message.correlation_id);
          assert.equal(at, place);
          assert.equal(json.header.action, action);
          assert.match(String(sent['content-type']), /^application\/json/);
          const { transaction_id } = envelope.message as { transaction_id: string };
          assert.equal(json.message.transaction_id, transaction_id);
          assertCallbackShape(json, registry);
          assert.ok(came - asked < 5000, `${came - asked} ms`);
        });
      }

      it('acknowledges without an address, and tells by transaction status', async () => {
        const envelope = messageOf('search', peer, registry, { ...headers, sender_uri: undefined });
        assert.equal((await post('search', envelope)).json.message.ack_status, 'ACK');
        const { transaction_id: attribute_value } = envelope.message as { transaction_id: string };
        const question = messageOf('sync/txn/status', peer, registry, headers);
        Object.assign((question.message as { txnstatus_request: object }).txnstatus_request, { attribute_value });
        const { json } = await post('sync/txn/status', question);
        assertReplyShape(json, registry);
        assert.equal(json.message.txnstatus_response.txn_status.search_response.length, 1);
      });

      it('says nothing was found of a transaction that never was', async () => {
        const { status, json } = await send('sync/txn/status');
        assert.equal(status, 200);
        assertReplyShape(json, registry);
        assert.equal(json.header.status, 'rjct');
      });
    });

    it('takes codes of subscriptions up to 99 characters that nobody holds, and refuses longer ones', async () => {
      for (const [length, isGood] of [
        [99, true],
        [100, false],
      ] as const) {
        const envelope = messageOf('unsubscribe', peer, registry, { ...headers, sender_uri: `${receiver.url}/long` });
        Object.assign(envelope.message as object, { subscription_codes: ['s'.repeat(length)] });
        const answer = await post('unsubscribe', envelope);
        if (isGood) assert.equal(answer.json.message.ack_status, 'ACK', answer.text);
        else assertRefused(answer, `a code of ${length}`);
      }
    });

    it('acknowledges callbacks of transactions that it never began, with 200', async () => {
      for (const operation of callbacks) {
        const answer = await send(operation);
        assert.equal(answer.status, 200, `${operation}: ${answer.text}`);
        assert.equal(answer.json.message.ack_status, 'ACK');
        assert.ok(validators.emitAck(answer.json));
      }
    });

    it('publishes its keys and places to everybody', async () => {
      assert.ok(validators.emitJwks((await server.get('/.well-known/jwks.json')).json));
      assert.ok(validators.emitLocations((await server.get('/.well-known/locations.json')).json));
    });
  });
}
