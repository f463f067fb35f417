import assert from 'node:assert/strict';
import { readAhead, sleep } from '../../src/core/async.ts';

describe('reading ahead', () => {
  it('fetches the next item while one is worked on, and no more than that', async () => {
    const fetched: number[] = [];
    async function* numbers(): AsyncGenerator<number, void> {
      for (let i = 0; i < 3; i += 1) {
        fetched.push(i);
        yield i;
      }
    }
    const seen: (readonly [item: number, fetched: number])[] = [];
    for await (const item of readAhead(numbers())) seen.push([item, fetched.length]);
    assert.deepEqual(seen, [
      [0, 2],
      [1, 3],
      [2, 3],
    ]);
  });

  it('fetches several items ahead when told to, one after the other', async () => {
    const fetched: number[] = [];
    let atOnce = 0;
    async function* numbers(): AsyncGenerator<number, void> {
      for (let i = 0; i < 5; i += 1) {
        atOnce += 1;
        assert.equal(atOnce, 1);
        await sleep(1);
        atOnce -= 1;
        fetched.push(i);
        yield i;
      }
    }
    const seen: (readonly [item: number, fetched: number])[] = [];
    for await (const item of readAhead(numbers(), 2)) {
      await sleep(20);
      seen.push([item, fetched.length]);
    }
    assert.deepEqual(seen, [
      [0, 3],
      [1, 4],
      [2, 5],
      [3, 5],
      [4, 5],
    ]);
  });

  it('fails where the source fails, after what came before', async () => {
    async function* failing(): AsyncGenerator<number, void> {
      yield 1;
      throw new Error('broken');
    }
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const item of readAhead(failing())) seen.push(item);
    }, /broken/);
    assert.deepEqual(seen, [1]);
  });
});
