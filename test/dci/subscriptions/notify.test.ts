import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { flattenedDecrypt } from 'jose';
import { sleep } from '../../../src/core/async.ts';
import type { RegistryName } from '../../../src/dci/registries/registry.ts';
import { NOTIFY } from '../../../src/dci/subscriptions/notification.ts';
import { createSubscriptions } from '../../../src/dci/subscriptions/subscriptions.ts';
import { listDeliveries } from '../../../src/delivery/index.ts';
import { BY, person, put, unique } from '../../registry/support.ts';
import { describeStore } from '../../support/stores.ts';
import { type Envelope, signString, type TestPeer } from '../peer.ts';
import { acks, type Received, type Receiver, startReceiver } from '../receiver.ts';
import { type DciServer, startDciServer } from '../server.ts';
import { assertAckShape, assertCallbackShape } from '../shapes.ts';
import { byId, EVERYTHING } from './support.ts';

const everything = { reg_event_type: 'REGISTER', filter: EVERYTHING, notify_record_type: 'Member' };
const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

describeStore('subscriptions on the wire', ({ database }) => {
  let server: DciServer;
  let receiver: Receiver;
  let peer: TestPeer;
  let token: string;

  before(async () => {
    server = await startDciServer({ db: database(), jobs: true });
  });
  after(() => server.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
    ({ peer, token } = await server.addPeer(unique('sp.example.org')));
  });
  afterEach(async () => {
    const { json } = await send('unsubscribe', { timestamp: now(), subscription_codes: [...codes] });
    assertAckShape(json);
    codes.clear();
    await sleep(50);
    await receiver.stop();
  });

  const codes = new Set<string>();
  const envelope = (action: string, message: object): Envelope => ({
    header: {
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: now(),
      action,
      sender_id: peer.senderId,
      sender_uri: `${receiver.url}/registry/on-${action}`,
      receiver_id: 'crosswalk.test',
      total_count: 1,
      is_msg_encrypted: false,
      meta: {},
    },
    message: { transaction_id: randomUUID(), ...message },
  });
  const send = (action: string, message: object, prefix = '/registry') =>
    server.post(`${prefix}/${action}`, signString(peer, envelope(action, message)), token);
  const callbacks = (action: string): Received[] =>
    receiver.received.filter(({ json }) => json.header.action === action);
  const await_ = async (action: string, n: number): Promise<Received[]> => {
    for (const since = Date.now(); callbacks(action).length < n; await sleep(5)) {
      if (Date.now() - since > 10_000) throw new Error(`${callbacks(action).length} of ${n} ${action} came`);
    }
    return callbacks(action);
  };
  const subscribe = async (criteria: object, prefix = '/registry'): Promise<string> => {
    const before = callbacks('on-subscribe').length;
    const subscribe_request = [
      {
        reference_id: 'ref-1',
        timestamp: now(),
        subscribe_criteria: { ...everything, ...criteria },
      },
    ];
    const { json, status } = await send('subscribe', { subscribe_request }, prefix);
    assert.equal(status, 200, JSON.stringify(json));
    assertAckShape(json);
    const call = (await await_('on-subscribe', before + 1))[before] as Received;
    assert.equal(call.json.message.correlation_id, json.message.correlation_id);
    const { code } = call.json.message.subscribe_response[0].subscriptions[0];
    codes.add(code);
    return code;
  };
  const uin = (value: string) => ({ identifiers: [{ type: 'national_id', value }] });
  const subscriptions = () => createSubscriptions({ db: database(), clock: Date.now });

  it('are acknowledged, answered with a code, told, and ended', async () => {
    const id = unique('UIN');
    const code = await subscribe({ filter: byId('UIN', id), filter_type: 'idtype-value' });
    assertCallbackShape(callbacks('on-subscribe')[0]?.json, 'social');
    const began = Date.now();
    await put(database(), server.registry, person('Amina', uin(id)));
    const [call] = (await await_('notify', 1)) as [Received];
    assert.ok(call.at - began < 1000);
    assertCallbackShape(call.json, 'social');
    assert.equal(call.path, '/registry/notify');
    const { header, message } = call.json;
    assert.deepEqual(
      [header.meta.subscription_code, header.meta.event_type, header.status, header.receiver_id],
      [code, 'REGISTER', 'succ', peer.senderId],
    );
    assert.equal(message.notify_event.length, 1);
    assert.deepEqual(message.notify_event[0].data.reg_records.member_identifier, [
      { identifier_type: 'UIN', identifier_value: id },
    ]);
    assert.deepEqual(
      ['code', 'event-type', 'notification-id', 'transaction-id'].map(
        (name) => call.headers[name === 'code' ? 'x-dci-subscription-code' : `x-dci-${name}`],
      ),
      [code, 'REGISTER', header.meta.notification_id, message.transaction_id],
    );
    assert.equal(call.headers.authorization, `Bearer ${token}`);

    await send('unsubscribe', { timestamp: now(), subscription_codes: [code] });
    const [ended] = (await await_('on-unsubscribe', 1)) as [Received];
    assertCallbackShape(ended.json, 'social');
    assert.deepEqual(ended.json.message.subscription_status, [{ code, status: 'unsubscribe' }]);
    await put(database(), server.registry, person('Later', uin(unique('UIN'))));
    await sleep(150);
    assert.equal(callbacks('notify').length, 1);
  });

  it('fit the published files in every registry, for every event', async () => {
    const asked: readonly [string, RegistryName, string][] = [
      ['/social/registry', 'social', 'REGISTER'],
      ['/social/registry', 'social', 'UPDATE'],
      ['/crvs/registry', 'crvs', 'REGISTER'],
      ['/crvs/registry', 'crvs', 'BIRTH'],
      ['/dr/registry', 'dr', 'REGISTER'],
      ['/fr/registry', 'fr', 'UPDATE'],
      ['/ibr/registry', 'ibr', 'enrollement'],
      ['/ibr/registry', 'ibr', 'DELETE'],
    ];
    const byCode = new Map<string, RegistryName>();
    for (const [prefix, registry, reg_event_type] of asked) {
      byCode.set(await subscribe({ reg_event_type }, prefix), registry);
    }
    const draft = person('Child', {
      ...uin(unique('UIN')),
      birthDate: '2026-02-02',
      sections: { benefit: { programme_identifier: [{ programme_identifier: 'P1' }] } },
    });
    const [who = ''] = await put(database(), server.registry, draft);
    const changed = { ...draft, name: { given: 'Renamed' } };
    await database().write((tx) => server.registry.save(tx, [{ id: who, draft: changed }], BY));
    await database().write((tx) => server.registry.remove(tx, who, 'asked for', BY));
    const calls = await await_('notify', asked.length);
    for (const { json } of calls) {
      assertCallbackShape(json, byCode.get(json.header.meta.subscription_code) as RegistryName);
    }
    assert.equal(new Set(calls.map(({ json }) => json.header.meta.subscription_code)).size, asked.length);
  });

  it('of the beneficiary registry tell of enrolments in a programme, and of their ends', async () => {
    const { programmes } = server;
    const added = await subscribe({ reg_event_type: 'enrollement' }, '/ibr/registry');
    const changed = await subscribe({ reg_event_type: 'enrollement_status_change' }, '/ibr/registry');
    const [who = ''] = await put(database(), server.registry, person('Enrolled', uin(unique('UIN'))));
    const enrol = (status: 'enrolled' | 'exited') =>
      database().write(async (tx) => {
        const programmeId = (await programmes.ensure(tx, [{ identifier: 'TOLD' }])).get('TOLD')?.id ?? '';
        await programmes.enrol(tx, [{ registrantId: who, programmeId, status }], BY);
      });
    await enrol('enrolled');
    await await_('notify', 1);
    await enrol('exited');
    const calls = await await_('notify', 2);
    for (const { json } of calls) assertCallbackShape(json, 'ibr');
    assert.deepEqual(
      calls.map(({ json }) => json.header.meta.subscription_code),
      [added, changed],
    );
    const [first] = calls.map(({ json }) => json.message.notify_event[0].data.reg_records);
    assert.deepEqual(first.programme_identifier, [{ programme_identifier: 'TOLD' }]);
    assert.equal(first.enrollment_status, '1');
  });

  it('keep ids and message until acknowledged, and the order of what happened to one person', async () => {
    const id = unique('UIN');
    await subscribe({ filter: byId('UIN', id), reg_event_type: 'UPDATE' });
    receiver.answering = (response, received, nth) => {
      if (received.json.header.action === 'notify' && nth % 3 !== 0) response.writeHead(503).end();
      else acks(response, received, nth);
    };
    const [who = ''] = await put(database(), server.registry, person('N0', uin(id)));
    for (const n of [1, 2, 3, 4]) {
      const draft = person(`N${n}`, uin(id));
      await database().write((tx) => server.registry.save(tx, [{ id: who, draft }], BY));
    }
    const seen = new Map<string, Set<string>>();
    const names: string[] = [];
    for (const since = Date.now(); names.at(-1) !== 'N4'; await sleep(10)) {
      if (Date.now() - since > 10_000) throw new Error(`got ${names}`);
      names.length = 0;
      for (const { json } of callbacks('notify')) {
        const name = json.message.notify_event[0].data.reg_records.demographic_info.name.given_name;
        if (names.at(-1) !== name) names.push(name);
      }
    }
    for (const { json } of callbacks('notify')) {
      const key = json.header.meta.notification_id;
      seen.set(key, (seen.get(key) ?? new Set()).add(`${json.header.message_id} ${JSON.stringify(json.message)}`));
    }
    assert.deepEqual(names, ['N1', 'N2', 'N3', 'N4']);
    assert.equal(seen.size, 4);
    for (const forms of seen.values()) assert.equal(forms.size, 1);
    assert.ok(callbacks('notify').length > 4);
  });

  it('are paused after ten failures that outlast a moment, say why, and send what was missed when resumed', async () => {
    const code = await subscribe({});
    receiver.answering = (response, received, nth) => {
      if (received.json.header.action === 'notify') response.writeHead(500).end();
      else acks(response, received, nth);
    };
    const find = async () => (await subscriptions().list()).find((one) => one.code === code);
    await put(database(), server.registry, person('P1'), person('P2'), person('P3'));
    for (const since = Date.now(); (await find())?.status !== 'paused'; await sleep(20)) {
      if (Date.now() - since > 10_000) throw new Error(JSON.stringify(await find()));
    }
    assert.match((await find())?.pausedReason ?? '', /^1\d attempts in a row failed, the last with: HTTP 500$/);

    const failed = callbacks('notify').length;
    await put(database(), server.registry, person('P4'));
    await sleep(100);
    const waiting = (await subscriptions().numbers()).waiting;
    assert.ok(waiting >= 1);
    const names = () =>
      new Set(
        callbacks('notify').map(
          ({ json }) => json.message.notify_event[0].data.reg_records.demographic_info.name.given_name,
        ),
      );
    assert.ok(!names().has('P4'), `${failed}`);

    receiver.answering = acks;
    assert.equal((await subscriptions().resume(code)).status, 'active');
    for (const since = Date.now(); ; await sleep(20)) {
      const all = await database().read((reader) => listDeliveries(reader, { limit: 1000 }));
      const open = all.filter(
        ({ kind, subject, state }) => kind === NOTIFY && subject === code && state !== 'delivered',
      );
      if (open.length === 0) break;
      if (Date.now() - since > 10_000) throw new Error(JSON.stringify(open));
    }
    assert.deepEqual([...names()].sort(), ['P1', 'P2', 'P3', 'P4']);
    await assert.rejects(subscriptions().resume('SUB-unknown'), /no such subscription/);
  });

  it('are not paused by a burst that meets a subscriber while it restarts', async () => {
    const code = await subscribe({});
    let down = true;
    receiver.answering = (response, received, nth) => {
      if (down && received.json.header.action === 'notify') response.writeHead(503).end();
      else acks(response, received, nth);
    };
    // All of these fail before the first of them is due again: the pauses of this server begin with 10 ms.
    await put(database(), server.registry, ...Array.from({ length: 4 }, (_, i) => person(`B${i}`)));
    await await_('notify', 4);
    down = false;
    for (const since = Date.now(); ; await sleep(20)) {
      const all = await database().read((reader) => listDeliveries(reader, { limit: 1000 }));
      const open = all.filter(
        ({ kind, subject, state }) => kind === NOTIFY && subject === code && state !== 'delivered',
      );
      if (open.length === 0) break;
      if (Date.now() - since > 10_000) throw new Error(JSON.stringify(open));
    }
    const [one] = (await subscriptions().list()).filter((each) => each.code === code);
    assert.deepEqual([one?.status, one?.failures], ['active', 0]);
  });

  it('wait for a subscriber that asks for patience, who is not paused for it', async () => {
    const code = await subscribe({});
    let refusals = 0;
    receiver.answering = (response, received, nth) => {
      if (received.json.header.action !== 'notify' || refusals >= 24) return acks(response, received, nth);
      refusals += 1;
      response.writeHead(429, { 'Retry-After': '0' }).end();
    };
    // Twice as many refusals as would pause it, over several pauses of this server.
    await put(database(), server.registry, ...Array.from({ length: 12 }, (_, i) => person(`W${i}`)));
    const mine = async () =>
      (await database().read((reader) => listDeliveries(reader, { limit: 1000 }))).filter(
        ({ kind, subject }) => kind === NOTIFY && subject === code,
      );
    for (const since = Date.now(); ; await sleep(20)) {
      const all = await mine();
      if (all.length === 12 && all.every(({ state }) => state === 'delivered')) break;
      if (Date.now() - since > 10_000) throw new Error(JSON.stringify(all));
    }
    assert.deepEqual([refusals, new Set((await mine()).map(({ attempts }) => attempts))], [24, new Set([1])]);
    const [one] = (await subscriptions().list()).filter((each) => each.code === code);
    assert.deepEqual([one?.status, one?.failures], ['active', 0]);
  });

  it('are encrypted for whom wants that, the same bytes in every attempt', async () => {
    const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { ...theirs.publicKey.export({ format: 'jwk' }), use: 'enc', alg: 'RSA-OAEP-256', kid: 'e-1' };
    await server.peers.update(peer.senderId, { keys: [peer.jwk, key] as never, encrypt: true });
    const message = { subscribe_request: [{ reference_id: '1', timestamp: now(), subscribe_criteria: everything }] };
    await send('subscribe', message);
    await await_('on-subscribe', 1);
    let tries = 0;
    receiver.answering = (response, received, nth) => {
      if (received.json.header.action === 'notify') tries += 1;
      if (tries === 1) response.writeHead(503).end();
      else acks(response, received, nth);
    };
    await put(database(), server.registry, person('Secret'));
    const [first, second] = (await await_('notify', 2)) as [Received, Received];
    assertCallbackShape(first.json, 'social');
    assert.equal(first.json.header.is_msg_encrypted, true);
    assert.ok(!JSON.stringify(first.json).includes('Secret'));
    assert.deepEqual(second.json.message, first.json.message);
    const { plaintext } = await flattenedDecrypt(first.json.message, theirs.privateKey);
    assert.ok(Buffer.from(plaintext).includes('Secret'));
    const [one] = (await subscriptions().list()).filter(({ senderId }) => senderId === peer.senderId);
    codes.add(one?.code ?? '');
  });

  it('stand on the ledger, each attempt with its answer', async () => {
    const code = await subscribe({});
    let first = true;
    receiver.answering = (response, received, nth) => {
      if (first && received.json.header.action === 'notify') {
        first = false;
        response.writeHead(503).end();
      } else acks(response, received, nth);
    };
    await put(database(), server.registry, person('L'));
    const calls = await await_('notify', 2);
    await sleep(50);
    const messageId = calls[0]?.json.header.message_id;
    const { entries } = await server.ledger.find({ messageId });
    const sent = entries.flatMap(({ entry }) => (entry?.['direction'] === 'out' ? [entry] : []));
    assert.equal(sent.length, 2, code);
    for (const entry of sent) assert.equal(entry['endpoint'], `POST ${receiver.url}/registry/notify`);
  });

  it('answer a repeat with the code that is there, and unknown codes with a rejection', async () => {
    const code = await subscribe({ filter: byId('UIN', 'TEST-001') });
    const again = await subscribe({ filter: byId('UIN', 'TEST-001') });
    assert.equal(again, code);
    const [, second] = callbacks('on-subscribe') as [Received, Received];
    assertCallbackShape(second.json, 'social');
    assert.equal(second.json.message.subscribe_response[0].status_reason_code, 'rjct.event.already_subscribed');
    assert.equal(second.json.header.status, 'rjct');

    await send('unsubscribe', { timestamp: now(), subscription_codes: ['s'.repeat(99)] });
    const [reply] = (await await_('on-unsubscribe', 1)) as [Received];
    assertCallbackShape(reply.json, 'social');
    assert.equal(reply.json.message.status_reason_code, 'rjct.subscription_code.invalid');
    assert.equal((await send('unsubscribe', { timestamp: now(), subscription_codes: ['s'.repeat(100)] })).status, 400);
  });
});
