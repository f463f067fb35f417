import assert from 'node:assert/strict';
import { request } from 'node:http';
import { byId, createTestPeer, type Envelope, signDetached, signJws, signString, type TestPeer } from './peer.ts';
import { publishedError } from './reference.ts';
import { type Answer, type DciServer, startDciServer } from './server.ts';

const assertRefused = (answer: Answer, status: number, code: string): void => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.message.ack_status, 'ERR');
  assert.equal(answer.json.message.error.code, code);
  assert.deepEqual(answer.json.errors, [answer.json.message.error]);
};

/** The members of an envelope, each as a path with another value of the same kind. */
const alterations: readonly (readonly [string, (envelope: Envelope) => void])[] = [
  ['the message id', ({ header }) => (header['message_id'] = 'other')],
  ['the time', ({ header }) => (header['message_ts'] = '2020-01-01T00:00:00Z')],
  ['the time, to none', ({ header }) => (header['message_ts'] = 'yesterday')],
  ['the action', ({ header }) => (header['action'] = 'subscribe')],
  ['the version', ({ header }) => (header['version'] = '9.0.0')],
  ['the sender', ({ header }) => (header['sender_id'] = 'somebody.else')],
  ['the sender, to a registered one', ({ header }) => (header['sender_id'] = 'second.example.org')],
  ['the receiver', ({ header }) => (header['receiver_id'] = 'another')],
  ['the count', ({ header }) => (header['total_count'] = 'many')],
  ['the header, to nothing', (envelope) => ((envelope as { header: unknown }).header = null)],
  ['the message, to nothing', (envelope) => (envelope.message = null)],
  ['the transaction id', ({ message }) => ((message as { transaction_id: unknown }).transaction_id = 'x'.repeat(100))],
  [
    'the identifier asked for',
    ({ message }) => {
      const [item] = (message as { search_request: { search_criteria: object }[] }).search_request;
      if (item) item.search_criteria = byId('UIN', 'ANOTHER');
    },
  ],
  ['an item, to one more', ({ message }) => (message as { search_request: unknown[] }).search_request.push({})],
  ['a member, to one more', ({ header }) => (header['sneaked'] = 'in')],
];

describe('what a synchronous search refuses', () => {
  let server: DciServer;
  let peer: TestPeer;
  let token: string;
  const question = (): Envelope => peer.search(byId('UIN', 'TEST-001'));

  before(async () => {
    server = await startDciServer();
    ({ peer, token } = await server.addPeer('spmis.example.org'));
    await server.addPeer('second.example.org');
  });
  after(() => server.stop());

  describe('tokens', () => {
    it('answers 401 for none, an unknown one and another scheme, in the shape of a gateway too', async () => {
      for (const headers of [
        {},
        { Authorization: 'Bearer nonsense' },
        { Authorization: 'Basic abc' },
        { Authorization: 'Bearer' },
      ]) {
        const answer = await server.post(
          '/registry/sync/search',
          question(),
          undefined,
          headers as Record<string, string>,
        );
        assertRefused(answer, 401, 'err.request.unauthorized');
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
        const published = publishedError('social');
        assert.ok(published?.(answer.json) ?? true);
      }
    });

    it('answers before the body has arrived', async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const call = request(`${server.url}/registry/sync/search`, {
          method: 'POST',
          headers: { 'Content-Length': '1000' },
        });
        call.on('error', reject);
        call.on('response', (response) => {
          resolve(response.statusCode);
          call.destroy();
        });
        call.flushHeaders();
      });
      assert.equal(status, 401);
    });

    it('asks for the token on every path, served or not', async () => {
      for (const path of ['/registry/subscribe', '/dr/sync/disabled', '/registry/on-search', '/registry/nonsense']) {
        assertRefused(await server.post(path, '{}'), 401, 'err.request.unauthorized');
      }
    });
  });

  describe('senders', () => {
    it('refuses a sender that is not registered', async () => {
      const stranger = createTestPeer('stranger.example.org');
      const asked = stranger.search(byId('UIN', '1'));
      for (const sign of [signString, signJws]) {
        assertRefused(await server.search(sign(stranger, asked), token), 403, 'err.sender_id.invalid');
      }
      assertRefused(await server.search(asked, token), 403, 'err.sender_id.invalid');
    });

    it('refuses the token of another', async () => {
      const { peer: other } = await server.addPeer('third.example.org');
      const answer = await server.search(signString(other, other.search(byId('UIN', '1'))), token);
      assertRefused(answer, 403, 'err.request.forbidden');
    });

    it('refuses a sender who signs in the name of another', async () => {
      const asked = question();
      asked.header['sender_id'] = 'second.example.org';
      assertRefused(await server.search(signString(peer, asked), token), 403, 'err.request.forbidden');
    });

    it('refuses a peer without the scope, and lets one with the scope of one registry into that one only', async () => {
      const { peer: mute, token: none } = await server.addPeer('mute.example.org', { scopes: ['registry.notify'] });
      assertRefused(
        await server.search(signString(mute, mute.search(byId('UIN', '1'))), none),
        403,
        'err.request.forbidden',
      );

      const { peer: civil, token: some } = await server.addPeer('civil.example.org', {
        scopes: ['crvs:registry.search'],
      });
      const ask = (criteria: object) => signString(civil, civil.search({ ...byId('UIN', '1'), ...criteria }));
      const named = { path: '/crvs/registry/sync/search', registry: 'crvs' } as const;
      assert.equal((await server.search(ask({}), some, named)).json.message.search_response[0].status, 'succ');
      assertRefused(await server.search(ask({}), some, { path: '/sr/sync/search' }), 403, 'err.request.forbidden');
      const neutral = await server.search(ask({}), some);
      assert.equal(neutral.json.message.search_response[0].status_reason_code, 'rjct.search_criteria.invalid');
      const routed = await server.search(ask({ reg_type: 'CRVS' }), some);
      assert.equal(routed.json.message.search_response[0].status, 'succ');
    });
  });

  describe('signatures', () => {
    const forms = { 'string form': signString, 'attached JWS': signJws, 'detached JWS': signDetached };
    for (const [form, sign] of Object.entries(forms)) {
      it(`takes a good one in ${form}`, async () => {
        assert.equal((await server.search(sign(peer, question()), token)).status, 200);
      });

      for (const [what, alter] of alterations) {
        it(`refuses a message whose signature (${form}) was made before somebody changed ${what}`, async () => {
          const envelope = JSON.parse(JSON.stringify(sign(peer, question()))) as Envelope;
          alter(envelope);
          assertRefused(await server.search(envelope, token), 401, 'err.signature.invalid');
        });
      }

      it(`refuses another peer’s key (${form})`, async () => {
        const thief = { ...createTestPeer(peer.senderId) };
        assertRefused(await server.search(sign(thief, question()), token), 401, 'err.signature.invalid');
      });
    }

    const unsigned: readonly unknown[] = [
      undefined,
      '',
      null,
      'unsigned',
      'unsigned-stub',
      'unsigned-mock',
      'signature_validation_disabled',
    ];
    for (const signature of unsigned) {
      it(`refuses ${JSON.stringify(signature)} as missing`, async () => {
        assertRefused(await server.search({ ...question(), signature }, token), 401, 'err.signature.missing');
      });
    }

    const invalid: readonly (readonly [string, unknown])[] = [
      ['invalid-signature', 'invalid-signature'],
      ['a number', 7],
      ['an object', { alg: 'EdDSA' }],
      ['alg none', `${Buffer.from('{"alg":"none"}').toString('base64url')}..`],
      ['alg none with a signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}..AAAA`],
      ['HS256', `${Buffer.from('{"alg":"HS256"}').toString('base64url')}..AAAA`],
    ];
    for (const [title, signature] of invalid) {
      it(`refuses ${title}`, async () => {
        assertRefused(await server.search({ ...question(), signature }, token), 401, 'err.signature.invalid');
      });
    }

    it('refuses one that has expired, and one from the future', async () => {
      const now = Math.floor(Date.now() / 1000);
      for (const [created, expires] of [
        [now - 400, now - 100],
        [now + 300, now + 600],
      ] as const) {
        const envelope = signString(peer, question(), { created, expires });
        assertRefused(await server.search(envelope, token), 401, 'err.signature.invalid');
      }
    });
  });

  describe('replays', () => {
    it('refuses a message id that was accepted before, with other content too', async () => {
      const first = question();
      assert.equal((await server.search(signString(peer, first), token)).json.header.status, 'succ');
      const other = question();
      other.header['message_id'] = first.header['message_id'];
      for (const again of [first, other]) {
        const answer = await server.search(signString(peer, again), token);
        assert.equal(answer.status, 200);
        assert.equal(answer.json.header.status, 'rjct');
        assert.equal(answer.json.header.status_reason_code, 'rjct.message_id.duplicate');
        assert.deepEqual(answer.json.message.search_response, []);
      }
    });

    it('lets exactly one of many at once through', async () => {
      const envelope = signString(peer, question());
      const answers = await Promise.all(Array.from({ length: 8 }, () => server.search(envelope, token)));
      assert.equal(answers.filter(({ json }) => json.header.status === 'succ').length, 1);
    });

    it('does not use up the id of a message that it refused', async () => {
      const envelope = question();
      (envelope.message as { transaction_id: string }).transaction_id = '';
      assertRefused(await server.search(signString(peer, envelope), token), 400, 'err.request.bad');
      (envelope.message as { transaction_id: string }).transaction_id = 'mended';
      assert.equal((await server.search(signString(peer, envelope), token)).json.header.status, 'succ');
    });

    it('keeps the ids of two senders apart', async () => {
      const { peer: other, token: others } = await server.addPeer('apart.example.org');
      const mine = question();
      const theirs = other.search(byId('UIN', '1'), { message_id: mine.header['message_id'] });
      assert.equal((await server.search(signString(peer, mine), token)).json.header.status, 'succ');
      assert.equal((await server.search(signString(other, theirs), others)).json.header.status, 'succ');
    });
  });
});
