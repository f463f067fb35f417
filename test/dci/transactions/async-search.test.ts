import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { sleep } from '../../../src/core/async.ts';
import { listDeliveries } from '../../../src/delivery/index.ts';
import { put } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { byId, type Envelope, signString, type TestPeer } from '../peer.ts';
import { acks, type Receiver, startReceiver } from '../receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape } from '../shapes.ts';

describeStore('an asynchronous search', ({ database }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database(), jobs: true });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    await put(database(), server.registry, {
      kind: 'individual',
      active: true,
      identifiers: [{ type: 'national_id', value: 'TEST-001' }],
      name: { given: 'Amina', family: 'Diallo' },
    });
  });
  after(() => server.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.stop());

  const callback = (path = '/somewhere/on-search?x=1'): string => `${receiver.url}${path}`;
  const question = (more: Record<string, unknown> = {}): Envelope =>
    peer.search(byId('UIN', 'TEST-001'), { sender_uri: callback(), ...more });
  const ask = async (envelope: Envelope, path = '/registry/search'): Promise<Answer> => {
    const answer = await server.post(path, signString(peer, envelope), token);
    assertAckShape(answer.json);
    return answer;
  };
  const transactionOf = (envelope: Envelope): string => (envelope.message as { transaction_id: string }).transaction_id;
  const delivery = async (id: string) => {
    const all = await database().read((reader) => listDeliveries(reader, { limit: 1000 }));
    return all.find((one) => one.id === id);
  };
  const settled = async (id: string) => {
    for (const since = Date.now(); Date.now() - since < 10_000; await sleep(10)) {
      const found = await delivery(id);
      if (found && found.state !== 'waiting') return found;
    }
    throw new Error('the delivery was not settled');
  };

  it('is acknowledged, and answered at exactly the address it names', async () => {
    const asked = question();
    const { status, json: ack } = await ask(asked);
    assert.equal(status, 200);
    assert.equal(ack.message.ack_status, 'ACK');
    const [call] = await receiver.count(1);
    assert.equal(call?.path, '/somewhere/on-search?x=1');
    assert.equal(call?.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(call?.headers['x-dci-transaction-id'], transactionOf(asked));
    assert.equal(call?.headers.authorization, `Bearer ${token}`);
    assertCallbackShape(call?.json, 'social');
    const { header, message } = call?.json ?? {};
    assert.equal(header.action, 'on-search');
    assert.equal(header.status, 'succ');
    assert.equal(header.receiver_id, 'spmis.example.org');
    assert.equal(message.transaction_id, transactionOf(asked));
    assert.equal(message.correlation_id, ack.message.correlation_id);
    assert.equal(message.search_response[0].reference_id, 'ref-1');
    assert.equal(message.search_response[0].data.reg_records.length, 1);
    assert.equal((await settled(ack.message.correlation_id)).state, 'delivered');
  });

  it('comes back on every prefix, in the shape of its registry', async () => {
    const paths = [
      ['/registry/search', 'social'],
      ['/sr/search', 'social'],
      ['/crvs/registry/search', 'crvs'],
      ['/dr/search', 'dr'],
      ['/fr/search', 'fr'],
      ['/ibr/registry/search', 'ibr'],
      ['/dci/async/search', 'social'],
    ] as const;
    const registries = new Map<string, (typeof paths)[number][1]>();
    for (const [path, registry] of paths) {
      const { json } = await ask(question(), path);
      registries.set(json.message.correlation_id, registry);
    }
    for (const { json } of await receiver.count(paths.length)) {
      const registry = registries.get(json.message.correlation_id);
      assert.ok(registry);
      assertCallbackShape(json, registry);
    }
  });

  it('is never called back before its Ack is out', async () => {
    for (let i = 0; i < 10; i += 1) {
      const { json } = await ask(question());
      const got = Date.now();
      const call = (await receiver.count(i + 1)).find(
        (one) => one.json.message.correlation_id === json.message.correlation_id,
      );
      assert.ok(call && call.at >= got - 1, 'the callback came first');
    }
  });

  it('is tried again with the same message and ids, signed anew', async () => {
    receiver.answering = (response, received, nth) => {
      if (nth < 3) response.writeHead(503).end();
      else acks(response, received, nth);
    };
    const { json: ack } = await ask(question());
    const calls = await receiver.count(3);
    assert.equal(new Set(calls.map(({ json }) => json.header.message_id)).size, 1);
    assert.equal(new Set(calls.map(({ json }) => JSON.stringify(json.message))).size, 1);
    const jwks = await server.get('/.well-known/jwks.json');
    for (const { json } of calls) {
      const part = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(json.signature)?.[1] ?? '';
      const key = jwks.json.keys.find(({ kid }: { kid: string }) => kid === part('kidId'));
      const digest = createHash('sha256')
        .update(JSON.stringify(sorted({ header: json.header, message: json.message })))
        .digest('base64');
      const text = `(created): ${part('created')}\n(expires): ${part('expires')}\ndigest: ${digest}`;
      const bytes = Buffer.from(/, signature="([^"]*)"/.exec(json.signature)?.[1] ?? '', 'base64');
      assert.ok(verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), bytes));
    }
    const { state, attempts } = await settled(ack.message.correlation_id);
    assert.deepEqual([state, attempts], ['delivered', 3]);
  });

  const unhelpful: readonly [string, (response: Parameters<Receiver['answering']>[0]) => void, RegExp][] = [
    [
      'says ERR',
      (response) =>
        response
          .writeHead(200)
          .end(JSON.stringify({ message: { ack_status: 'ERR', error: { code: 'err.request.bad', message: 'no' } } })),
      /^HTTP 200 err\.request\.bad$/,
    ],
    ['redirects', (response) => response.writeHead(307, { Location: '/elsewhere' }).end(), /^HTTP 307 \(redirects/],
    ['fails with garbage', (response) => response.writeHead(500).end(Buffer.from([0xff, 0, 0x7b])), /^HTTP 500$/],
    ['hangs up', (response) => response.destroy(), /broke the connection/],
    [
      'answers 100 MB',
      (response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const piece = Buffer.alloc(1024 * 1024, 0x20);
        let left = 100;
        const more = (): void => {
          while (left > 0 && !response.destroyed) {
            left -= 1;
            if (!response.write(piece)) return void response.once('drain', more);
          }
          response.end();
        };
        more();
      },
      /larger than 65536 bytes/,
    ],
  ];
  for (const [what, answer, reason] of unhelpful) {
    it(`is tried again while the receiver ${what}, and then given up with the reason`, async () => {
      receiver.answering = answer;
      const { json: ack } = await ask(question());
      const { state, attempts, lastError } = await settled(ack.message.correlation_id);
      assert.equal(state, 'dead');
      assert.equal(attempts, 8);
      assert.match(lastError ?? '', reason);
      assert.ok(receiver.received.every(({ path }) => path === '/somewhere/on-search?x=1'));
    });
  }

  it('counts as delivered when the receiver has it already', async () => {
    receiver.answering = (response) =>
      response.writeHead(400).end(
        JSON.stringify({
          message: { ack_status: 'ERR', error: { code: 'err.request.bad', message: 'rjct.message_id.duplicate' } },
        }),
      );
    const { json: ack } = await ask(question());
    assert.equal((await settled(ack.message.correlation_id)).state, 'delivered');
  });

  it('goes to the registered address when it names none', async () => {
    const other = await server.addPeer(`registered-${randomUUID()}.example.org`, { callback: callback('/registered') });
    const asked = other.peer.search(byId('UIN', 'TEST-001'), { sender_uri: '' });
    const answer = await server.post('/registry/search', signString(other.peer, asked), other.token);
    assert.equal(answer.json.message.ack_status, 'ACK');
    const [call] = await receiver.count(1);
    assert.equal(call?.path, '/registered');
  });

  it('is acknowledged and kept when there is no address at all', async () => {
    const { json } = await ask(question({ sender_uri: undefined }));
    assert.equal(json.message.ack_status, 'ACK');
    await sleep(300);
    assert.equal(receiver.received.length, 0);
    assert.equal(await delivery(json.message.correlation_id), undefined);
  });

  it('gets its first Ack again for the same bytes, and one callback only', async () => {
    const body = JSON.stringify(signString(peer, question()));
    const first = await server.post('/registry/search', body, token);
    const second = await server.post('/registry/search', body, token);
    assert.equal(second.status, 200);
    assert.equal(second.text, first.text);
    await receiver.count(1);
    await sleep(200);
    assert.equal(receiver.received.length, 1);
  });

  it('is refused when its id was used for something else', async () => {
    const asked = question();
    await ask(asked);
    const again = await ask(question({ message_id: asked.header['message_id'] }));
    assert.equal(again.status, 400);
    assert.equal(again.json.message.error.code, 'err.request.bad');
    assert.match(again.json.message.error.message, /rjct\.message_id\.duplicate/);
  });

  it('may use a transaction id again in a new message', async () => {
    const asked = question();
    const again = { ...question(), message: asked.message };
    assert.equal((await ask(asked)).status, 200);
    assert.equal((await ask(again)).status, 200);
    const calls = await receiver.count(2);
    assert.equal(new Set(calls.map(({ json }) => json.message.correlation_id)).size, 2);
  });

  it('is refused when its ids are what no database column can hold', async () => {
    const asked = question();
    (asked.message as { transaction_id: string }).transaction_id = 'nul \u0000';
    assert.equal((await ask(asked)).status, 400);
  });

  it('is recorded with its Ack, each attempt and what was answered, all linked', async () => {
    receiver.answering = (response, received, nth) => {
      if (nth < 2) response.writeHead(502).end('broken');
      else acks(response, received, nth);
    };
    const asked = question();
    const { json: ack } = await ask(asked);
    await settled(ack.message.correlation_id);
    const { entries: found } = await server.ledger.find({ transactionId: transactionOf(asked) });
    const entries = found.map(({ leaf }) => JSON.parse(leaf));
    const messageId = receiver.received[0]?.json.header.message_id;
    const sent = entries.filter((entry) => entry.direction === 'out' && entry.message_id === messageId);
    assert.equal(sent.length, 2);
    for (const entry of sent) {
      assert.deepEqual(entry.callback_of, { message_id: asked.header['message_id'], peer: peer.senderId });
      assert.equal(entry.endpoint, `POST ${callback()}`);
      assert.equal(entry.signature.verified, true);
      const [answer] = entries.filter(({ reply_to }) => reply_to === entry.seq);
      assert.ok([200, 502].includes(answer.status));
    }
    assert.ok((await server.ledger.verify()).ok);
  });
});

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
};

describe('the address of a callback', () => {
  it('must be https and public, unless closed networks are allowed', async () => {
    const server = await startDciServer({ config: { reach: 'public' }, jobs: true });
    const { peer, token } = await server.addPeer('spmis.example.org');
    const refused = [
      'http://peer.example.org/on-search',
      'https://127.0.0.1/on-search',
      'https://[::1]/on-search',
      'https://[::ffff:10.0.0.1]/on-search',
      'https://0x7f000001/on-search',
      'https://2130706433/on-search',
      'https://169.254.169.254/latest',
      'https://localhost/on-search',
      'https://user:secret@peer.example.org/on-search',
      'ftp://peer.example.org/on-search',
      'file:///etc/passwd',
      'on-search',
    ];
    for (const sender_uri of refused) {
      const envelope = signString(peer, peer.search(byId('UIN', '1'), { sender_uri }));
      const { status, json } = await server.post('/registry/search', envelope, token);
      assert.equal(status, 400, sender_uri);
      assert.equal(json.message.error.code, 'err.sender_uri.invalid', sender_uri);
    }
    await server.stop();
  });
});
