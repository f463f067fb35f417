import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type OperationName, operationOf } from '../../src/dci/operations.ts';
import { fromRecord, type RegistryName, registryNames } from '../../src/dci/registries/all.ts';
import { messageOf } from '../dci/messages.ts';
import { byId, signString, type TestPeer } from '../dci/peer.ts';
import { type Receiver, startReceiver } from '../dci/receiver.ts';
import {
  hasReference,
  type Published,
  publishedAck,
  publishedAnswer,
  publishedDocument,
  publishedError,
  publishedRequest,
  publishedSchema,
} from '../dci/reference.ts';
import { examples } from '../dci/registries/examples.ts';
import { type DciServer, startDciServer } from '../dci/server.ts';
import { put } from '../registry/support.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/dci-deviations.md', import.meta.url)), 'utf8');

/** The places that the page lists: the first cell of each row, `registry path`. */
const listed = [...page.matchAll(/^\| `((?:social|crvs|dr|fr|ibr|jwks|locations) [^`]+)` \|/gm)]
  .map(([, place]) => place as string)
  .sort();

const asynchronous: readonly OperationName[] = ['search', 'subscribe', 'unsubscribe', 'txn/status'];
const callbacks: readonly OperationName[] = ['on-search', 'on-subscribe', 'on-unsubscribe', 'notify', 'txn/on-status'];
const callbackPaths: Readonly<Record<string, string>> = {
  'on-search': '/registry/on-search',
  'on-subscribe': '/registry/on-subscribe',
  'on-unsubscribe': '/registry/on-unsubscribe',
  'txn-on-status': '/registry/txn/on-status',
  notify: '/registry/notify',
};
// These answers refer to a schema where a response belongs (dci.md §11, C32): the message is held against that schema.
const dangling: Readonly<Record<string, string>> = {
  'sync/enrolled': 'EnrolledResponse',
  'sync/enrollment/updates': 'EnrollmentUpdatesResponse',
};

const waitFor = async <T>(find: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return assert.fail('it did not come');
};

describe('what we send, held against the published files', () => {
  if (!hasReference) {
    it('is held where ../shared/reference is at hand');
    return;
  }
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;
  const deviating = new Set<string>();
  let held = 0;

  before(async () => {
    server = await startDciServer({ jobs: true });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('published.example.org'));
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const hold = (place: string, schema: Published | undefined, json: unknown): void => {
    if (!schema) {
      deviating.add(`${place} (no schema)`);
      return;
    }
    held += 1;
    if (!schema(json)) deviating.add(place);
  };
  const call = async (registry: RegistryName, operation: OperationName, more: object = {}) => {
    const path = `/${registry}/registry/${operation}`;
    const message = messageOf(operation, peer, registry, { sender_uri: `${receiver.url}/${registry}`, ...more });
    const answer = await server.post(path, signString(peer, message), token);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return { message, json: answer.json };
  };

  for (const registry of registryNames) {
    it(`deviates in what the page says of ${registry}, with records in it`, async () => {
      // The examples of the registries name the same people; each registry is asked for its own.
      const drafts = examples
        .filter(([name]) => name === registry)
        .map(([, , record]) => fromRecord(registry, record).draft);
      const renamed = drafts.map((draft, i) => ({
        ...draft,
        identifiers: [{ type: 'national_id', value: `${registry}-${i}` }],
      }));
      await put(server.db, server.registry, ...renamed);

      for (const [i, draft] of drafts.entries()) {
        const entity = draft.kind === 'group' ? { response_entity: 'Group' } : {};
        const question = peer.search({ ...byId('UIN', `${registry}-${i}`), ...entity });
        const answer = await server.post(`/${registry}/registry/sync/search`, signString(peer, question), token);
        assert.equal(answer.json.message.search_response[0].data.reg_records.length, 1, answer.text);
        hold(`${registry} /registry/sync/search`, publishedAnswer(registry, '/registry/sync/search'), answer.json);
        const later = peer.search(
          { ...byId('UIN', `${registry}-${i}`), ...entity },
          { sender_uri: `${receiver.url}/${registry}` },
        );
        await server.post(`/${registry}/registry/search`, signString(peer, later), token);
      }

      const sync = (['sync/txn/status'] as OperationName[]).concat(
        registry === 'dr' ? ['sync/disabled', 'sync/get-disability-details', 'sync/get-disability-support'] : [],
        registry === 'ibr' ? ['sync/enrolled', 'sync/enrollment/updates'] : [],
      );
      for (const operation of sync) {
        const { json } = await call(registry, operation);
        const schema = dangling[operation];
        const path = `/registry/${operationOf(operation).path}`;
        if (schema) hold(`${registry} ${path}`, publishedSchema(registry, schema), json.message);
        else hold(`${registry} ${path}`, publishedAnswer(registry, path), json);
      }

      for (const operation of [...asynchronous, ...callbacks]) {
        const { json } = await call(registry, operation);
        hold(`${registry} /registry/${operationOf(operation).path} (Ack)`, publishedAck(registry), json);
      }
      for (const operation of ['subscribe', 'unsubscribe', 'receipt'] as const) {
        const { message } = await call(registry, operation, { sender_uri: undefined });
        const { transaction_id: attribute_value } = message.message as { transaction_id: string };
        const status = messageOf('sync/txn/status', peer, registry);
        const request = (status.message as { txnstatus_request: object }).txnstatus_request;
        Object.assign(request, { txn_type: operation, attribute_value });
        const path = '/registry/sync/txn/status';
        const { json } = await server.post(`/${registry}${path}`, signString(peer, status), token);
        assert.ok(json.message.txnstatus_response, `${registry} ${operation}`);
        hold(`${registry} ${path} of ${operation}`, publishedAnswer(registry, path), json);
      }
      const refused = await server.post(`/${registry}/registry/sync/search`, '{}', 'wrong');
      hold(`${registry} 401`, publishedError(registry), refused.json);

      // A subscription to everybody, and somebody new.
      const standing = messageOf('subscribe', peer, registry, {
        sender_uri: `${receiver.url}/${registry}/on-subscribe`,
      });
      const [item] = (standing.message as { subscribe_request: { subscribe_criteria: object }[] }).subscribe_request;
      Object.assign(item?.subscribe_criteria ?? {}, { filter: { type: '*', value: '*' } });
      await server.post(`/${registry}/registry/subscribe`, signString(peer, standing), token);
      const mine = () =>
        receiver.received.filter(({ path }) => path.startsWith(`/${registry}`)).map(({ json }) => json);
      await waitFor(() =>
        mine().find(
          ({ message }) => message.transaction_id === (standing.message as { transaction_id: string }).transaction_id,
        ),
      );
      await put(server.db, server.registry, {
        kind: 'individual',
        active: true,
        identifiers: [{ type: 'national_id', value: `${registry}-new` }],
        name: { given: 'New', family: 'Born' },
      });
      await waitFor(() => mine().find(({ header }) => header.action === 'notify'));
      for (const [action, path] of Object.entries(callbackPaths)) {
        const sent = await waitFor(() => {
          const of = mine().filter(({ header }) => header.action === action);
          return of.length > 0 ? of : undefined;
        });
        for (const json of sent) hold(`${registry} ${path}`, publishedRequest(registry, path), json);
      }
    });
  }

  it('deviates in what the page says of the documents for everybody', async () => {
    for (const [name, path] of [
      ['jwks', '/.well-known/jwks.json'],
      ['locations', '/.well-known/locations.json'],
    ] as const) {
      hold(`${name} ${path}`, publishedDocument(name, path), (await server.get(path)).json);
    }
  });

  it('deviates nowhere else', () => {
    assert.ok(held > 100, `${held} messages were held`);
    assert.deepEqual([...deviating].sort(), listed);
  });
});
