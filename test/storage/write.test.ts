import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { insertRows, rowsOf, type Tx } from '../../src/storage/index.ts';
import { describeStore } from '../support/stores.ts';

const columns = ['kind', 'name', 'type'];

describeStore('write', ({ database }) => {
  const namesLike = async (prefix: string): Promise<readonly string[]> => {
    const rows = await database().read((reader) =>
      rowsOf<{ name: string }>(reader, 'select name from open_attributes where name like ? order by name', [
        `${prefix}%`,
      ]),
    );
    return rows.map(({ name }) => name);
  };
  const put = (tx: Tx, name: string): Promise<void> =>
    insertRows(tx, 'open_attributes', columns, [['individual', name, 'text']]);

  for (const failing of ['first', 'second', 'last'] as const) {
    it(`keeps the work of others that were asked for at once when the ${failing} fails`, async () => {
      const names = ['first', 'second', 'third', 'last'];
      const settled = await Promise.allSettled(
        names.map((name) =>
          database().write(async (tx) => {
            await put(tx, `${failing} of ${name}`);
            if (name === failing) throw new Error('not this one');
            return name;
          }),
        ),
      );
      assert.deepEqual(
        settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message)),
        names.map((name) => (name === failing ? 'not this one' : name)),
      );
      const kept = names.filter((name) => name !== failing).map((name) => `${failing} of ${name}`);
      assert.deepEqual(await namesLike(`${failing} of`), kept.sort());
    });
  }

  it('takes nothing of a single failed work, and works again afterwards', async () => {
    await assert.rejects(
      () =>
        database().write(async (tx) => {
          await put(tx, 'alone lost');
          throw new Error('not this one');
        }),
      /not this one/,
    );
    await database().write((tx) => put(tx, 'alone kept'));
    assert.deepEqual(await namesLike('alone'), ['alone kept']);
  });

  it('inserts any number of rows as they are, whatever their text', async () => {
    for (const count of [1, 4, 5, 300]) {
      const rows = Array.from({ length: count }, (_, i) => ['group', `many ${count} ${i}`, '{"a,b"} \\ \' NULL é']);
      await database().write((tx) => insertRows(tx, 'open_attributes', columns, rows));
      const found = await database().read((reader) =>
        rowsOf<{ kind: string; name: string; type: string }>(
          reader,
          'select kind, name, type from open_attributes where name like ?',
          [`many ${count} %`],
        ),
      );
      const inOrder = (list: readonly (readonly string[])[]) => list.map(String).sort();
      assert.deepEqual(inOrder(found.map(({ kind, name, type }) => [kind, name, type])), inOrder(rows as string[][]));
    }
  });

  it('inserts no value as no value, and what reads like it as text', async () => {
    const ends = [null, 'null', 'NULL', '', '{}', null];
    await database().write((tx) =>
      insertRows(
        tx,
        'identifiers',
        ['value', 'type', 'registrant', 'end_date'],
        ends.map((end, i) => [`${i}`, 'nothing', i, end]),
      ),
    );
    const found = await database().read((reader) =>
      rowsOf<{ end_date: string | null }>(reader, 'select end_date from identifiers where type = ? order by value', [
        'nothing',
      ]),
    );
    assert.deepEqual(
      found.map(({ end_date }) => end_date),
      ends,
    );
  });

  it('inserts any number of rows of bytes, whatever their length', async () => {
    for (const count of [1, 4, 5, 300]) {
      const rows = Array.from({ length: count }, (_, i) => [count, i, randomBytes(i % 3 === 0 ? i * 100 : i % 2)]);
      await database().write((tx) => insertRows(tx, 'ledger_subtrees', ['level', 'position', 'hash'], rows));
      const found = await database().read((reader) =>
        rowsOf<{ hash: Buffer }>(reader, 'select hash from ledger_subtrees where level = ? order by position', [count]),
      );
      assert.deepEqual(
        found.map(({ hash }) => hash),
        rows.map(([, , hash]) => hash),
      );
    }
  });
});
