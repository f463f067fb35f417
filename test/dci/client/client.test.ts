import assert from 'node:assert/strict';
import { isFault } from '../../../src/core/fault.ts';
import type { SearchQuestion } from '../../../src/dci/client/ask-search.ts';
import { readAsked } from '../../../src/dci/client/asked.store.ts';
import { describeStore } from '../../support/stores.ts';
import { signDetached, signJws } from '../peer.ts';
import { ack, found, type Said } from './fake-registry.ts';
import { type Asking, CIVIL, startAsking } from './support.ts';

const birth = { '@type': 'CRVSPerson', identifier: [{ identifier_type: 'BRN', identifier_value: 'B-1' }] };

const byNumber: SearchQuestion = {
  registry: 'crvs',
  queryType: 'idtype-value',
  query: { type: 'BRN', value: 'B-1' },
};

describeStore('asking another registry', ({ url }) => {
  let asking: Asking;
  before(async () => {
    asking = await startAsking(url());
  });
  after(() => asking.close());
  const last = () => asking.other.heard.at(-1) as (typeof asking.other.heard)[number];
  const faultOf = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
    return assert.fail('it was not refused');
  };

  it('sends one signed message with everything a peer wants, and reads the records', async () => {
    asking.other.answer((heard) => ({
      body: asking.other.onSearch(heard, [
        found([birth], { pagination: { page_size: 1, page_number: 1, total_count: 7 } }),
      ]),
    }));
    const before = asking.other.heard.length;
    const answer = await asking.client.search(CIVIL, [{ ...byNumber, purpose: 'enrolment' }]);
    assert.equal(asking.other.heard.length, before + 1);
    const { path, headers, envelope } = last();
    assert.equal(path, '/registry/sync/search');
    assert.equal(headers.authorization, 'Bearer shared-token');
    assert.match(headers['content-type'] ?? '', /^application\/json/);
    assert.equal(envelope.header.version, '1.0.0');
    assert.deepEqual([envelope.header.sender_id, envelope.header.receiver_id], ['social.example.org', CIVIL]);
    assert.equal(envelope.header.sender_uri, 'https://social.example.org/crvs/registry/on-search');
    const [item] = envelope.message.search_request;
    assert.deepEqual(item.search_criteria.query, { type: 'BRN', value: 'B-1' });
    assert.equal(item.search_criteria.authorize.purpose.code, 'enrolment');
    assert.equal(answer.transactionId, envelope.message.transaction_id);
    assert.deepEqual(
      answer.items.map(({ records, total }) => ({ records, total })),
      [{ records: [birth], total: 7 }],
    );
  });

  it('asks predicates, expressions, pages and order in shapes that fit the published file', async () => {
    asking.other.answer((heard) => ({ body: asking.other.onSearch(heard, [found([]), found([])]) }));
    const predicate = [
      { seq_num: 1, expression1: { attribute_name: 'birth_date', operator: 'ge', attribute_value: '2020-01-01' } },
    ];
    const expression = {
      type: 'ns:org:QueryType:expression',
      value: { expression: { query: { sex: { $eq: 'female' } } } },
    };
    const { items } = await asking.client.search(CIVIL, [
      { registry: 'crvs', queryType: 'predicate', query: predicate, page: { size: 10, number: 2 } },
      {
        registry: 'crvs',
        queryType: 'expression',
        query: expression,
        sort: [{ attribute: 'birth_date', order: 'desc' }],
      },
    ]);
    assert.equal(items.length, 2);
    assert.equal(last().envelope.header.total_count, 2);
  });

  const forms = { 'an attached JWS': signJws, 'a detached JWS': signDetached };
  for (const [name, sign] of Object.entries(forms)) {
    it(`believes an answer signed with ${name}`, async () => {
      asking.other.answer((heard) => ({
        body: sign(asking.other.peer, asking.other.onSearch(heard, [found([birth])])),
      }));
      assert.equal((await asking.client.search(CIVIL, [byNumber])).items.length, 1);
    });
  }

  it('reads what peers do otherwise: `search` as action, one record as object, no item, no status, no content type', async () => {
    const say = (items: readonly object[], header: object) =>
      asking.other.answer((heard) => ({ body: asking.other.onSearch(heard, items, { action: 'search', ...header }) }));
    say([found(birth, { status: 'acknowledged', pagination: '' })], { status: undefined, total_count: '1' });
    const { items } = await asking.client.search(CIVIL, [byNumber]);
    assert.deepEqual(items[0]?.records, [birth]);
    assert.equal(items[0]?.status, 'rcvd');
    say([], {});
    assert.deepEqual((await asking.client.search(CIVIL, [byNumber])).items, []);
  });

  it('does not believe an answer that was altered, or that nobody signed', async () => {
    const altered = (change: (envelope: { signature?: unknown; message: unknown }) => void) =>
      asking.other.answer((heard) => {
        const envelope = asking.other.onSearch(heard, [found([birth])]);
        change(envelope);
        return { body: envelope };
      });
    altered((envelope) => {
      envelope.message = { ...(envelope.message as object), correlation_id: 'another' };
    });
    assert.equal((await faultOf(asking.client.search(CIVIL, [byNumber]))).code, 'signature.invalid');
    altered((envelope) => {
      envelope.signature = '';
    });
    assert.equal((await faultOf(asking.client.search(CIVIL, [byNumber]))).code, 'signature.missing');
  });

  const refusals: readonly (readonly [string, Said, RegExp])[] = [
    [
      'an Ack of ERR with 200',
      {
        body: {
          message: {
            ack_status: 'ERR',
            timestamp: '',
            correlation_id: '1',
            error: { code: 'err.request.bad', message: 'no such attribute' },
          },
        },
      },
      /err\.request\.bad: no such attribute/,
    ],
    [
      'an Ack of ERR with 400',
      { status: 400, body: { message: { ack_status: 'ERR', error: { code: 'err.version.not_supported' } } } },
      /err\.version\.not_supported/,
    ],
    [
      'a list of errors',
      { status: 403, body: { errors: [{ code: 'err.request.forbidden', message: 'no right' }] } },
      /err\.request\.forbidden: no right/,
    ],
    [
      'problem details',
      { status: 422, body: { type: 'about:blank', title: 'Unprocessable', detail: 'bad body', status: 422 } },
      /bad body/,
    ],
    ['a flat error', { status: 500, body: { error: 'server_error', code: 'E17', message: 'down' } }, /E17: down/],
    ['no words at all', { status: 503, body: '' }, /status 503/],
    ['a page in HTML', { body: '<html>hello</html>' }, /no JSON object/],
    ['JSON that says nothing', { body: { hello: 1 } }, /neither an Ack nor an envelope/],
  ];
  for (const [name, said, expected] of refusals) {
    it(`explains a refusal that comes as ${name}`, async () => {
      asking.other.answer(() => said);
      const fault = await faultOf(asking.client.search(CIVIL, [byNumber]));
      assert.equal(fault.kind, 'upstream');
      assert.match(fault.message, expected);
    });
  }

  it('tells a refusal that comes as the header of an empty answer', async () => {
    asking.other.answer((heard) => ({
      body: asking.other.onSearch(heard, [], { status: 'rjct', status_reason_code: 'rjct.message_id.duplicate' }),
    }));
    assert.match((await faultOf(asking.client.search(CIVIL, [byNumber]))).message, /rjct\.message_id\.duplicate/);
  });

  it('asks for later, and keeps what was asked with the Ack that it got', async () => {
    asking.other.answer(() => ack('corr-17'));
    const searched = await asking.client.searchLater(CIVIL, [byNumber]);
    assert.equal(last().path, '/registry/search');
    assert.deepEqual([searched.correlationId, searched.follows], ['corr-17', true]);
    const asked = await asking.ground.db.read((reader) => readAsked(reader, searched.transactionId));
    assert.deepEqual([asked?.state, asked?.correlationId, asked?.operation], ['acknowledged', 'corr-17', 'search']);
  });

  it('keeps a refusal of what was asked for later, and says that nothing follows a NACK', async () => {
    asking.other.answer(() => ({ status: 400, body: { errors: [{ code: 'err.sender_uri.invalid' }] } }));
    const fault = await faultOf(asking.client.subscribe(CIVIL, [{ registry: 'crvs', eventType: 'BIRTH' }]));
    assert.equal(fault.code, 'dci.ask-refused');
    const { transaction_id } = last().envelope.message;
    const asked = await asking.ground.db.read((reader) => readAsked(reader, transaction_id));
    assert.deepEqual([asked?.state, asked?.reason], ['refused', 'err.sender_uri.invalid']);
    asking.other.answer(() => ack('c', 'NACK'));
    assert.equal((await asking.client.unsubscribe(CIVIL, 'crvs', ['SUB-1'])).follows, false);
  });

  it('subscribes, unsubscribes and asks after an earlier message in shapes that fit the published file', async () => {
    asking.other.answer(() => ack(4711));
    const subscribed = await asking.client.subscribe(CIVIL, [
      { registry: 'crvs', eventType: 'BIRTH' },
      { registry: 'crvs', eventType: 'DEATH', filterType: 'idtype-value', filter: { type: 'UIN', value: '1' } },
    ]);
    assert.equal(subscribed.correlationId, '4711');
    assert.equal(last().envelope.header.sender_uri, 'https://social.example.org/crvs/registry/on-subscribe');
    await asking.client.unsubscribe(CIVIL, 'crvs', ['SUB-1', 'SUB-2']);
    assert.deepEqual(last().envelope.message.subscription_codes, ['SUB-1', 'SUB-2']);
    await asking.client.statusLater(CIVIL, 'crvs', {
      txnType: 'search',
      attributeType: 'reference_id_list',
      values: ['1', '2'],
    });
    assert.equal(last().path, '/registry/txn/status');
  });

  it('reads the status of an earlier message', async () => {
    const said = { txn_type: 'search', txn_status: { transaction_id: 't', correlation_id: 'c', search_response: [] } };
    asking.other.answer((heard) => {
      const { signature: _signature, ...envelope } = asking.other.onSearch(heard, [], { action: 'txn-on-status' });
      const message = {
        transaction_id: heard.envelope.message.transaction_id,
        correlation_id: 'c',
        txnstatus_response: said,
      };
      return { body: signJws(asking.other.peer, { ...envelope, message }) };
    });
    const question = { txnType: 'search', attributeType: 'transaction_id', values: ['t'] } as const;
    assert.deepEqual(await asking.client.status(CIVIL, 'crvs', question), said);
  });

  it('asks nobody without an address, nobody unknown, and takes nothing from who is no source', async () => {
    await asking.ground.peers.add('silent.example.org', {});
    assert.equal((await faultOf(asking.client.search('silent.example.org', [byNumber]))).code, 'peer.not-askable');
    assert.equal((await faultOf(asking.client.search('nobody.example.org', [byNumber]))).code, 'peer.unknown');
    assert.match((await faultOf(asking.pull(CIVIL, byNumber))).message, /is no source/);
    assert.match((await faultOf(asking.client.searchLater(CIVIL, [byNumber], { take: true }))).message, /is no source/);
  });

  it('puts request and answer on the ledger as they were, the answer tied to its request', async () => {
    asking.other.answer((heard) => ({ body: asking.other.onSearch(heard, [found([birth])]) }));
    await asking.client.search(CIVIL, [byNumber]);
    const { message } = last().envelope;
    const { entries } = await asking.ground.ledger.find({ transactionId: message.transaction_id, bodies: true });
    const [sent, answered] = entries;
    assert.deepEqual(
      entries.map(({ entry }) => entry?.['direction']),
      ['out', 'in'],
    );
    assert.equal(sent?.body?.toString(), last().text);
    assert.equal(answered?.entry?.['reply_to'] ?? answered?.entry?.['replyTo'], sent?.seq);
    assert.equal((await asking.ground.ledger.find({ subject: 'B-1' })).entries.length > 0, true);
  });
});

describeStore('coming to another registry with tokens', ({ url }) => {
  let asking: Asking;
  let given = 0;
  before(async () => {
    asking = await startAsking(url());
    await asking.ground.peers.update(CIVIL, {
      asking: {
        tokenUrl: `${asking.other.url}/oauth2/client/token`,
        clientId: 'us',
        clientSecret: 'hush',
        credentials: 'query',
      },
    });
    asking.other.answer((heard) => {
      if (heard.path.startsWith('/oauth2')) {
        given += 1;
        return { body: { access_token: `token-${given}`, token_type: 'bearer', expires_in: '3600' } };
      }
      if (heard.headers.authorization !== `Bearer token-${given}`) return { status: 401, body: {} };
      return { body: asking.other.onSearch(heard, [found([])]) };
    });
  });
  after(() => asking.close());

  it('fetches one with our client id and secret, and uses it until it ends', async () => {
    await asking.client.search(CIVIL, [byNumber]);
    await asking.client.search(CIVIL, [byNumber]);
    assert.equal(given, 1);
    const asked = new URL(asking.other.heard[0]?.path ?? '', 'http://x');
    assert.deepEqual(Object.fromEntries(asked.searchParams), {
      grant_type: 'client_credentials',
      client_id: 'us',
      client_secret: 'hush',
    });
  });

  it('fetches another when the peer does not take it any more, once', async () => {
    given += 1;
    await asking.client.search(CIVIL, [byNumber]);
    assert.equal(given, 3);
    const before = asking.other.heard.length;
    asking.other.answer((heard) =>
      heard.path.startsWith('/oauth2')
        ? { body: { access_token: 'x' } }
        : { status: 401, body: { error: 'invalid_token' } },
    );
    await assert.rejects(asking.client.search(CIVIL, [byNumber]), /invalid_token/);
    assert.equal(asking.other.heard.length, before + 3);
  });
});
