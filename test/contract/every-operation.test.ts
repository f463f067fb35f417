import assert from 'node:assert/strict';
import { operationOf } from '../../src/dci/operations.ts';
import { type Endpoint, endpoints } from '../../src/dci/paths.ts';
import { messageOf } from '../dci/messages.ts';
import { signString, type TestPeer } from '../dci/peer.ts';
import { type DciServer, startDciServer } from '../dci/server.ts';
import { assertAckShape, assertOurs, assertReplyShape } from '../dci/shapes.ts';

/** `/dci_api/v1/civil/registry/sync/search` → `/dci_api/v1/civil/registry`. */
const prefixOf = (path: string, { operation }: Endpoint): string =>
  path.slice(0, path.endsWith(`/async/${operation}`) ? -`/async/${operation}`.length : -`/${operation}`.length);

const byPrefix = new Map<string, (readonly [path: string, endpoint: Endpoint])[]>();
for (const [path, endpoint] of endpoints) {
  const prefix = prefixOf(path, endpoint);
  byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), [path, endpoint]]);
}

describe('every operation of the standard', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;
  before(async () => {
    server = await startDciServer({ config: { registry: 'crvs' } });
    ({ peer, token } = await server.addPeer('everything.example.org'));
  });
  after(() => server.stop());

  const seen = new Set<string>();
  const call = async (path: string, { operation: name, registry: named }: Endpoint): Promise<void> => {
    const operation = operationOf(name);
    const registry = named ?? operation.registries?.[0] ?? 'crvs';
    const message = messageOf(name, peer, registry, { sender_uri: undefined });
    const answer = await server.post(path, signString(peer, message), token);
    if (operation.registries?.includes(registry) === false) {
      assert.equal(answer.status, 404, path);
      assert.equal(answer.json.message.error.code, 'err.request.not_found');
      return;
    }
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    seen.add(`${registry} ${name}`);
    if (operation.kind !== 'sync') {
      assert.equal(answer.json.message.ack_status, 'ACK', path);
      assertAckShape(answer.json, registry);
      return;
    }
    assert.match(answer.json.signature, /^namespace="dci", kidId="crosswalk\.test\|/);
    assertOurs(name, answer.json);
    // What the published files hold of the convenience calls is compared where those are tested.
    if (!operation.registries) assertReplyShape(answer.json, registry);
  };

  for (const [prefix, paths] of byPrefix) {
    it(`answers under ${prefix}, signed, in its published shape`, async () => {
      for (const [path, endpoint] of paths) await call(path, endpoint);
    });
  }

  it('is there in every registry that has it', () => {
    // 13 in five registries, three more in one and two more in another.
    assert.equal(seen.size, 13 * 5 + 3 + 2);
  });
});
