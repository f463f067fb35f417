import assert from 'node:assert/strict';
import { byId, signString, type TestPeer } from '../peer.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { type Answer, type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape } from '../shapes.ts';

describe('the form of an asynchronous call', () => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ jobs: true, config: { maxBody: 100_000 } });
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer('spmis.example.org'));
  });
  after(async () => {
    await Promise.all([server.stop(), receiver.stop()]);
  });

  const envelope = (): string =>
    JSON.stringify(signString(peer, peer.search(byId('UIN', '1'), { sender_uri: `${receiver.url}/on-search` })));
  const form = (parts: Record<string, string | Blob>): FormData => {
    const made = new FormData();
    for (const [name, value] of Object.entries(parts)) {
      if (typeof value === 'string') made.append(name, value);
      else made.append(name, value, 'envelope.json');
    }
    return made;
  };
  const file = (text: string): Blob => new Blob([text], { type: 'application/json' });
  const send = async (body: FormData | string, headers: Record<string, string> = {}, path = '/registry/search') => {
    const request = { method: 'POST', headers: { Authorization: `Bearer ${token}`, ...headers }, body };
    const response = await fetch(`${server.url}${path}`, request);
    const json: Answer['json'] = await response.json();
    assertAckShape(json);
    return { status: response.status, json };
  };

  it('holds the envelope as a file, and is answered as any other', async () => {
    const text = envelope();
    const { status, json } = await send(form({ action: 'search', fileName: file(text), fileFormat: 'json' }));
    assert.equal(status, 200, JSON.stringify(json));
    const call = (await receiver.count(1)).at(-1);
    assertCallbackShape(call?.json, 'social');
    assert.equal(call?.json.message.correlation_id, json.message.correlation_id);
    const messageId = JSON.parse(text).header.message_id;
    const { entries } = await server.ledger.find({ messageId, bodies: true });
    assert.equal(entries[0]?.body?.toString(), text, 'the ledger holds the signed bytes');
  });

  it('may hold the envelope as a field', async () => {
    const { status } = await send(form({ action: 'search', fileName: envelope() }));
    assert.equal(status, 200);
  });

  const wrong: readonly [string, () => FormData, RegExp][] = [
    ['no action', () => form({ fileName: file(envelope()) }), /action/],
    ['another action', () => form({ action: 'subscribe', fileName: file(envelope()) }), /action: must be search/],
    ['no file', () => form({ action: 'search' }), /fileName/],
    ['another format', () => form({ action: 'search', fileName: file('a;b'), fileFormat: 'csv' }), /fileFormat/],
    ['a file that is no JSON', () => form({ action: 'search', fileName: file('a;b') }), /JSON/],
    ['two files', () => form({ action: 'search', other: file('{}'), fileName: file(envelope()) }), /one file/],
    [
      'many parts',
      () => form(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field${i}`, 'x']))),
      /more than 8 parts/,
    ],
  ];
  for (const [what, body, reason] of wrong) {
    it(`is refused with ${what}`, async () => {
      const { status, json } = await send(body());
      assert.equal(status, 400);
      assert.equal(json.message.error.code, 'err.request.bad');
      assert.match(json.message.error.message, reason);
    });
  }

  it('is refused when it cannot be read', async () => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
      for (const body of ['', '--x', '--x\r\nContent-Disposition: form-data; name="fileName"; filename="a"\r\n\r\n{']) {
        const { status } = await send(body, { 'Content-Type': type });
        assert.equal(status, 400, `${type} ${body}`);
      }
    }
  });

  it('is cut off at the limit', async () => {
    const { status } = await send(form({ action: 'search', fileName: file('x'.repeat(200_000)) }));
    assert.equal(status, 413);
  });

  it('is no form of a synchronous call', async () => {
    const body = form({ action: 'search', fileName: file(envelope()) });
    assert.equal((await send(body, {}, '/registry/sync/search')).status, 400);
  });
});
