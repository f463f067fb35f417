import assert from 'node:assert/strict';
import { newId } from '../../src/core/ids.ts';

describe('newId', () => {
  it('gives ids of version 7 that differ and sort in the order they were made', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual([...ids].sort(), ids);
  });

  it('tells the time at which an id was made', () => {
    const told = Number.parseInt(newId().replaceAll('-', '').slice(0, 12), 16);
    assert.ok(Math.abs(told - Date.now()) < 1000);
  });
});
