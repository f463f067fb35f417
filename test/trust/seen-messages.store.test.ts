import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSeenMessages } from '../../src/trust/index.ts';
import { describeStore } from '../support/stores.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const message = (senderId: string, messageId: string, bytes = 'bytes') => ({
  senderId,
  messageId,
  digest: digest(bytes),
});

describeStore('seen messages', ({ database, again }) => {
  it('accepts a message id once, whatever comes under it later', async () => {
    const { accept } = createSeenMessages(database());
    assert.equal(await accept(message('a', 'm-1')), 'accepted');
    assert.equal(await accept(message('a', 'm-1')), 'identical');
    assert.equal(await accept(message('a', 'm-1', 'other')), 'duplicate');
  });

  it('keeps senders apart, also where their ids run together', async () => {
    const { accept } = createSeenMessages(database());
    assert.equal(await accept(message('b', 'm-2')), 'accepted');
    assert.equal(await accept(message('c', 'm-2')), 'accepted');
    assert.equal(await accept(message('x', 'y:z')), 'accepted');
    assert.equal(await accept(message('x:y', 'z')), 'accepted');
  });

  it('lets one of many win when the same id comes in one moment', async () => {
    const { accept } = createSeenMessages(database());
    const results = await Promise.all([
      accept(message('d', 'm', 'first')),
      accept(message('d', 'm', 'first')),
      accept(message('d', 'm', 'second')),
      accept(message('d', 'n', 'first')),
    ]);
    assert.deepEqual(results, ['accepted', 'identical', 'duplicate', 'accepted']);
  });

  it('lets one of several processes win each id, without locking each other out', async () => {
    const other = await again();
    const stores = [createSeenMessages(database()), createSeenMessages(other)];
    const ids = Array.from({ length: 300 }, (_, i) => `race-${i}`);
    const rounds = await Promise.all(
      stores.map(({ accept }, side) =>
        Promise.all((side === 0 ? ids : [...ids].reverse()).map((id) => accept(message('e', id, String(side))))),
      ),
    );
    const accepted = rounds.flat().filter((result) => result === 'accepted').length;
    const refused = rounds.flat().filter((result) => result === 'duplicate').length;
    assert.deepEqual([accepted, refused], [300, 300]);
    await other.close();
  });

  it('does not use up the id of a message whose write fails', async () => {
    const { accept, acceptIn } = createSeenMessages(database());
    await assert.rejects(
      database().write(async (tx) => {
        assert.equal(await acceptIn(tx, message('f', 'm')), 'accepted');
        throw new Error('the write fails');
      }),
      /the write fails/,
    );
    assert.equal(await database().write((tx) => acceptIn(tx, message('f', 'm'))), 'accepted');
    assert.equal(await accept(message('f', 'm')), 'identical');
  });

  it('remembers across restarts', async () => {
    const first = await again();
    assert.equal(await createSeenMessages(first).accept(message('g', 'm')), 'accepted');
    await first.close();
    const second = await again();
    assert.equal(await createSeenMessages(second).accept(message('g', 'm', 'new content')), 'duplicate');
    await second.close();
  });
});
