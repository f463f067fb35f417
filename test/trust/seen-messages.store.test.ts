import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Database } from '../../src/storage/index.ts';
import { type Acceptance, createSeenMessages, type IncomingMessage } from '../../src/trust/index.ts';
import { describeStore } from '../support/stores.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const message = (senderId: string, messageId: string, bytes = 'bytes') => ({
  senderId,
  messageId,
  digest: digest(bytes),
});

const { acceptIn } = createSeenMessages();

/** Accepts in a write of its own. */
const accepting =
  (db: Database) =>
  async (message: IncomingMessage): Promise<Acceptance | undefined> =>
    (await db.write((tx) => acceptIn(tx, [message])))[0];

describeStore('seen messages', ({ database, again }) => {
  it('accepts a message id once, whatever comes under it later', async () => {
    const accept = accepting(database());
    assert.equal(await accept(message('a', 'm-1')), 'accepted');
    assert.equal(await accept(message('a', 'm-1')), 'identical');
    assert.equal(await accept(message('a', 'm-1', 'other')), 'duplicate');
  });

  it('keeps senders apart, also where their ids run together', async () => {
    const accept = accepting(database());
    assert.equal(await accept(message('b', 'm-2')), 'accepted');
    assert.equal(await accept(message('c', 'm-2')), 'accepted');
    assert.equal(await accept(message('x', 'y:z')), 'accepted');
    assert.equal(await accept(message('x:y', 'z')), 'accepted');
  });

  it('lets one of many win when the same id comes in one moment', async () => {
    const accept = accepting(database());
    const results = await Promise.all([
      accept(message('d', 'm', 'first')),
      accept(message('d', 'm', 'first')),
      accept(message('d', 'm', 'second')),
      accept(message('d', 'n', 'first')),
    ]);
    assert.deepEqual(results, ['accepted', 'identical', 'duplicate', 'accepted']);
  });

  it('answers for each of a list, the first of an id being the first', async () => {
    const list = [message('h', 'm'), message('h', 'm'), message('h', 'n'), message('h', 'm', 'other')];
    const found = await database().write((tx) => acceptIn(tx, list));
    assert.deepEqual(found, ['accepted', 'identical', 'accepted', 'duplicate']);
  });

  it('lets one of several processes win each id, without locking each other out', async () => {
    const other = await again();
    const stores = [database(), other];
    const ids = Array.from({ length: 300 }, (_, i) => `race-${i}`);
    const rounds = await Promise.all(
      stores.map((db, side) =>
        Promise.all((side === 0 ? ids : [...ids].reverse()).map((id) => accepting(db)(message('e', id, String(side))))),
      ),
    );
    const accepted = rounds.flat().filter((result) => result === 'accepted').length;
    const refused = rounds.flat().filter((result) => result === 'duplicate').length;
    assert.deepEqual([accepted, refused], [300, 300]);
    await other.close();
  });

  it('does not use up the id of a message whose write fails', async () => {
    const accept = accepting(database());
    await assert.rejects(
      database().write(async (tx) => {
        assert.deepEqual(await acceptIn(tx, [message('f', 'm')]), ['accepted']);
        throw new Error('the write fails');
      }),
      /the write fails/,
    );
    assert.equal(await accept(message('f', 'm')), 'accepted');
    assert.equal(await accept(message('f', 'm')), 'identical');
  });

  it('remembers across restarts', async () => {
    const first = await again();
    assert.equal(await accepting(first)(message('g', 'm')), 'accepted');
    await first.close();
    const second = await again();
    assert.equal(await accepting(second)(message('g', 'm', 'new content')), 'duplicate');
    await second.close();
  });
});
