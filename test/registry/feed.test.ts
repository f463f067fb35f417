import assert from 'node:assert/strict';
import { sleep } from '../../src/core/async.ts';
import { type Change, moveConsumer, readFeed, statesAfter } from '../../src/registry/index.ts';
import { atEnd, type Database } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';
import { BY, person, put, registryOn } from './support.ts';

const POLL_MS = 50;
const SLOW_MS = 3000;

/** Reads the feed as a consumer does, from where it is on, until it is told to stop; then once more. */
const follow = (db: Database): { readonly stop: () => Promise<readonly Change[]> } => {
  const seen: Change[] = [];
  let stopped = false;
  const poll = async (): Promise<void> => {
    const changes = await db.read((reader) => readFeed(reader, seen.at(-1)?.position ?? 0, 100));
    seen.push(...changes);
  };
  const running = (async () => {
    while (!stopped) {
      await poll();
      await sleep(POLL_MS);
    }
    await poll();
  })();
  return {
    async stop() {
      stopped = true;
      await running;
      return seen;
    },
  };
};

describeStore('the change feed', ({ database, again }) => {
  it('shows a polling reader every change, though the one whose turn came first commits three seconds later', async () => {
    const registry = registryOn(database());
    const others = await again();
    const reader = await again();
    try {
      const following = follow(reader);
      let hasPlace = () => {};
      const placed = new Promise<void>((resolve) => {
        hasPlace = resolve;
      });
      const finished: string[] = [];
      const slow = database()
        .write(async (tx) => {
          const saved = await registry.save(tx, [{ draft: person('Slow') }], BY);
          // After the step that gives out the place in the feed, before the commit.
          atEnd(tx, 'dawdle', async () => {
            hasPlace();
            await sleep(SLOW_MS);
          });
          return saved;
        })
        .then((saved) => {
          finished.push('slow');
          return saved;
        });
      await placed;
      const quick = Promise.all(
        ['Quick', 'Quicker', 'Quickest'].map((name) =>
          put(others, registryOn(others), person(name)).then(([id]) => {
            finished.push(name);
            return id;
          }),
        ),
      );
      const expected = [...(await slow).map(({ id }) => id), ...(await quick)];
      const seen = await following.stop();
      assert.deepEqual(
        seen.map(({ position }) => position),
        [1, 2, 3, 4],
      );
      assert.deepEqual(new Set(seen.map(({ subject }) => subject)), new Set(expected));
      assert.equal(finished[0], 'slow', 'somebody passed the one whose turn it was');
    } finally {
      await Promise.all([others.close(), reader.close()]);
    }
  });

  it('tells the state after each change, and null after a deletion', async () => {
    const registry = registryOn(database());
    const [id = ''] = await put(database(), registry, person('Ada'));
    await database().write((tx) => registry.save(tx, [{ id, draft: person('Adama') }], BY));
    await database().write((tx) => registry.remove(tx, id, 'asked for', BY));
    const changes = (await database().read((reader) => readFeed(reader, 0, 100))).filter(
      ({ subject }) => subject === id,
    );
    const states = await database().read((reader) => statesAfter(reader, changes));
    const names = changes.map(({ position }) => {
      const name = states.get(position)?.name;
      return typeof name === 'object' ? name.given : name;
    });
    assert.deepEqual(names, ['Ada', 'Adama', undefined]);
    assert.equal(states.get(changes.at(-1)?.position ?? 0), null);
  });

  it('lets one of two processes that did the same work move the consumer on', async () => {
    const outcomes = [];
    for (let i = 0; i < 2; i += 1) outcomes.push(await database().write((tx) => moveConsumer(tx, 'twice', 0, 4)));
    assert.deepEqual(outcomes, [true, false]);
  });
});
