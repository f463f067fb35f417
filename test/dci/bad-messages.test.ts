import assert from 'node:assert/strict';
import { byId, type Envelope, type TestPeer } from './peer.ts';
import { type DciServer, startDciServer } from './server.ts';

interface Message {
  transaction_id: unknown;
  search_request: {
    reference_id: unknown;
    timestamp: unknown;
    locale?: unknown;
    pagination?: unknown;
    search_criteria: Record<string, unknown>;
  }[];
}
type Item = Message['search_request'][number];

/** What a sandbox takes: the suite of the standard sends its messages like this. */
describe('messages to a permissive server', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;

  const make = (change: (envelope: Envelope, message: Message, item: Item) => void): Envelope => {
    const envelope = { signature: 'unsigned-stub', ...peer.search(byId('UIN', 'TEST-001')) };
    const message = envelope.message as Message;
    change(envelope, message, message.search_request[0] as Item);
    return envelope;
  };

  before(async () => {
    server = await startDciServer({ config: { signatures: 'permissive' } });
    ({ peer, token } = await server.addPeer('spmis.example.org'));
  });
  after(() => server.stop());

  const header = (name: string, value: unknown) => (envelope: Envelope) => {
    if (value === undefined) delete envelope.header[name];
    else envelope.header[name] = value;
  };
  const item = (name: keyof Item, value: unknown) => (_: Envelope, __: Message, one: Item) => {
    (one as unknown as Record<string, unknown>)[name] = value;
  };
  const criteria = (name: string, value: unknown) => (_: Envelope, __: Message, one: Item) => {
    one.search_criteria[name] = value;
  };

  type Change = (envelope: Envelope, message: Message, item: Item) => void;
  const refused: readonly (readonly [title: string, change: Change, text: RegExp, code?: string])[] = [
    ['no header', (envelope) => delete (envelope as Partial<Envelope>).header, /^header: is missing/],
    ['no message', (envelope) => delete (envelope as Partial<Envelope>).message, /^message: is missing/],
    ['a message that is text', (envelope) => (envelope.message = 'hello'), /^message: must be an object/],
    ['no message_id', header('message_id', undefined), /^header.message_id: is missing/],
    ['an empty message_id', header('message_id', ''), /^header.message_id: must be text of 1 to 255/],
    ['an over-long message_id', header('message_id', 'x'.repeat(256)), /^header.message_id: must be text/],
    ['no message_ts', header('message_ts', undefined), /^header.message_ts: is missing/],
    ['a message_ts that is none', header('message_ts', 'now'), /^header.message_ts: must be an RFC 3339/],
    ['no action', header('action', undefined), /^header.action: is missing/],
    ['another action', header('action', 'subscribe'), /^header.action: must be search here/],
    ['no sender_id', header('sender_id', undefined), /^header.sender_id: is missing/],
    ['no total_count', header('total_count', undefined), /^header.total_count: is missing/],
    ['a total_count that is none', header('total_count', 'many'), /^header.total_count: must be a whole number/],
    ['a flag that is none', header('is_msg_encrypted', 'maybe'), /^header.is_msg_encrypted: must be true or false/],
    ['another version', header('version', '2.0.0'), /^header.version/, 'err.version.not_supported'],
    ['an encrypted message', header('is_msg_encrypted', true), /encrypted/, 'err.encryption.invalid'],
    [
      'no transaction_id',
      (_, message) => delete (message as Partial<Message>).transaction_id,
      /^message.transaction_id: is missing/,
    ],
    [
      'an empty transaction_id',
      (_, message) => (message.transaction_id = ''),
      /^message.transaction_id: must be text of 1 to 99/,
    ],
    ['a transaction_id of 100', (_, message) => (message.transaction_id = 't'.repeat(100)), /^message.transaction_id/],
    ['no items', (_, message) => (message.search_request = []), /^message.search_request: must be a list of 1 to/],
    [
      'items that are text',
      (_, message) => (message.search_request = 'x' as never),
      /^message.search_request: must be a list/,
    ],
    [
      'an item that is null',
      (_, message) => (message.search_request = [null] as never),
      /^message.search_request\[0\]: must be an object/,
    ],
    ['an empty reference_id', item('reference_id', ''), /^message.search_request\[0\].reference_id/],
    [
      'a timestamp that is none',
      item('timestamp', 'not-a-timestamp'),
      /^message.search_request\[0\].timestamp: must be an RFC 3339/,
    ],
    ['a timestamp without offset', item('timestamp', '2025-01-15T10:30:00'), /with a timezone/],
    ['a day that does not exist', item('timestamp', '2025-02-30T10:30:00Z'), /timestamp/],
    ['locale en', item('locale', 'en'), /^message.search_request\[0\].locale: must be three lower-case letters/],
    ['locale ENG', item('locale', 'ENG'), /locale/],
    [
      'a page_size of 0 on the item',
      item('pagination', { page_size: 0 }),
      /pagination.page_size: must be a whole number above 0/,
    ],
    ['a page_size of -1', item('pagination', { page_size: -1 }), /page_size/],
    ['a page_size of 2.5', item('pagination', { page_size: 2.5 }), /page_size/],
    ['a page_number of 0', item('pagination', { page_size: 1, page_number: 0 }), /page_number/],
    [
      'a page_size of 0 in the criteria',
      criteria('pagination', { page_size: '0' }),
      /search_criteria.pagination.page_size/,
    ],
    ['pagination that is text', criteria('pagination', 'ten'), /pagination: must be an object/],
    ['an unknown query_type', criteria('query_type', 'sql'), /query_type: must be idtype-value/],
    ['no query', criteria('query', undefined), /query: is missing/],
    ['a query that is null', criteria('query', null), /query: must be an object/],
  ];
  for (const [title, change, text, code = 'err.request.bad'] of refused) {
    it(`refuses ${title}`, async () => {
      const answer = await server.search(make(change), token);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.message.error.code, code);
      assert.match(answer.json.message.error.message, text);
    });
  }

  const accepted: readonly (readonly [title: string, change: Change])[] = [
    ['every known word for "not signed"', (envelope) => (envelope.signature = 'unsigned')],
    ['no signature', (envelope) => delete envelope.signature],
    ['total_count in text', header('total_count', '1')],
    ['a total_count of something else', header('total_count', 21800)],
    [
      'empty strings in what may be absent',
      (envelope) => Object.assign(envelope.header, { version: '', sender_uri: '', receiver_id: '', meta: '' }),
    ],
    [
      'null in what may be absent',
      (envelope) => Object.assign(envelope.header, { version: null, sender_uri: null, receiver_id: null, meta: null }),
    ],
    [
      'no receiver_id and no version',
      (envelope) => {
        delete envelope.header['receiver_id'];
        delete envelope.header['version'];
      },
    ],
    ['the receiver_id of the suite', header('receiver_id', 'registry-server')],
    ['unknown members', (envelope) => Object.assign(envelope.header, { extra: { deep: [1] } })],
    ['a transaction_id of 99', (_, message) => (message.transaction_id = 't'.repeat(99))],
    ['a transaction_id that is a number', (_, message) => (message.transaction_id = 123456789)],
    ['an empty locale', item('locale', '')],
    ['no locale', item('locale', undefined)],
    ['an offset', item('timestamp', '2022-12-04T17:20:07-04:00')],
    ['empty pagination', criteria('pagination', {})],
    [
      'consent and authorize of any shape',
      (_, __, one) => Object.assign(one.search_criteria, { consent: '', authorize: { type: 'string' } }),
    ],
    ['a single item without its list', (_, message) => (message.search_request = message.search_request[0] as never)],
    ['an unknown reg_type', criteria('reg_type', 'ns:org:RegistryType:Whatever')],
    ['an unknown event type', criteria('reg_event_type', 'SEARCH')],
    ['version 1.2', header('version', '1.2')],
  ];
  for (const [title, change] of accepted) {
    it(`takes ${title}`, async () => {
      const answer = await server.search(make(change), token);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.header.status, 'succ', answer.text);
      assert.deepEqual(answer.json.message.search_response[0].data.reg_records, []);
    });
  }

  it('still refuses a signature that does not verify', async () => {
    const answer = await server.search(
      make((envelope) => (envelope.signature = 'invalid-signature')),
      token,
    );
    assert.equal(answer.status, 401);
    assert.equal(answer.json.message.error.code, 'err.signature.invalid');
  });

  it('still wants the signature of a peer that must sign', async () => {
    const { peer: strict, token: other } = await server.addPeer('strict.example.org', { mustSign: true });
    const answer = await server.search({ signature: 'unsigned-stub', ...strict.search(byId('UIN', '1')) }, other);
    assert.equal(answer.json.message.error.code, 'err.signature.missing');
  });

  it('answers unsigned to a peer that wants no signature', async () => {
    const { peer: plain, token: other } = await server.addPeer('plain.example.org', { signature: 'none' });
    const answer = await server.search({ signature: '', ...plain.search(byId('UIN', '1')) }, other);
    assert.equal(answer.json.signature, '');
  });

  it('presents itself to a peer under the name that the peer knows', async () => {
    const { peer: other, token: others } = await server.addPeer('knows.example.org', {
      ourId: 'https://sr.example.org',
    });
    const answer = await server.search({ signature: '', ...other.search(byId('UIN', '1')) }, others);
    assert.equal(answer.json.header.sender_id, 'https://sr.example.org');
    assert.match(answer.json.signature, /kidId="https:\/\/sr\.example\.org\|/);
  });

  const bodies: readonly (readonly [title: string, body: string | Buffer, status: number])[] = [
    ['nothing', '', 400],
    ['no JSON', '{', 400],
    ['text', '"hello"', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a key twice', '{"header":{},"header":{},"message":{}}', 400],
    ['half a surrogate pair', '{"header":{"message_id":"\\ud800"},"message":{}}', 400],
    ['a NUL character', '{"header":{"message_id":"\\u0000"},"message":{}}', 400],
    ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['deep nesting', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 400],
    ['a very deep nesting', '['.repeat(100_000), 400],
    ['__proto__', '{"__proto__":{"header":{}},"message":{}}', 400],
    ['more than a mebibyte', JSON.stringify({ header: 'x'.repeat(1024 * 1024) }), 413],
  ];
  for (const [title, body, status] of bodies) {
    it(`refuses a body of ${title}`, async () => {
      const answer = await server.search(body, token);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.json.message.error.code, 'err.request.bad');
    });
  }

  it('reads JSON whatever its Content-Type says', async () => {
    for (const type of ['text/plain', 'application/xml', '']) {
      const body = JSON.stringify(make(() => {}));
      const answer = await server.post('/registry/sync/search', body, token, { 'Content-Type': type });
      assert.equal(answer.status, 200, answer.text);
    }
  });

  it('refuses compressed bodies', async () => {
    const answer = await server.post('/registry/sync/search', 'x', token, { 'Content-Encoding': 'gzip' });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.message.error.code, 'err.request.bad');
  });
});
