import assert from 'node:assert/strict';
import { createInbox, type Inbox } from '../../../src/dci/inbox/inbox.ts';
import type { TakeRecords } from '../../../src/dci/take-records.ts';
import { createEndRecords } from '../../../src/exchange/import/end.ts';
import { createTakeRecords } from '../../../src/exchange/import/take.ts';
import { knexOf } from '../../../src/storage/index.ts';
import { describeStore } from '../../support/stores.ts';
import { type Envelope, signString } from '../peer.ts';
import { type DciServer, startDciServer } from '../server.ts';
import { child, notification } from './teller.ts';

describeStore('accepting a notification', ({ database }) => {
  let server: DciServer;
  let broken = false;
  before(async () => {
    let inbox: Inbox | undefined;
    const receive: Inbox['receive'] = (...given) => (inbox as Inbox).receive(...given);
    server = await startDciServer({ db: database(), deps: { inbox: { receive } } });
    const take = createTakeRecords({ ...server.deps, programmes: server.programmes });
    // Fails after it has written: what is left then was not one commit.
    const takeRecords: TakeRecords = async (tx, records) => {
      const taken = await take(tx, records);
      if (broken) throw new Error('the power went out');
      return taken;
    };
    const endRecords = createEndRecords(server.deps);
    inbox = createInbox({ db: database(), calls: server.deps.calls, takeRecords, endRecords, clock: Date.now });
  });
  after(() => server.stop());

  const rows = async (table: string): Promise<number> => {
    const [count] = await database().read((reader) => knexOf(reader)(table).count({ n: '*' }));
    return Number((count as { n: number }).n);
  };

  it('leaves nothing behind when it fails in the middle, and succeeds when it comes again', async () => {
    const { peer, token } = await server.addPeer('crvs.example.org', { source: true });
    const told: Envelope = {
      header: {
        version: '1.0.0',
        message_id: 'm-1',
        message_ts: `${new Date().toISOString().slice(0, 19)}Z`,
        action: 'notify',
        status: 'succ',
        sender_id: 'crvs.example.org',
        total_count: 1,
      },
      message: notification(child('B-1')),
    };
    const tell = () => server.post('/crvs/registry/notify', signString(peer, told), token);

    broken = true;
    assert.equal((await tell()).status, 500);
    assert.deepEqual([await rows('registrants'), await rows('dci_received'), await rows('seen_messages')], [0, 0, 0]);

    broken = false;
    assert.equal((await tell()).status, 200);
    assert.deepEqual([await rows('registrants'), await rows('dci_received'), await rows('seen_messages')], [1, 1, 1]);
    assert.equal((await tell()).status, 200);
    assert.equal(await rows('dci_received'), 1);
  });
});
