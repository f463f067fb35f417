import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ledger, program } from '../../src/ledger/index.ts';
import type { Database } from '../../src/storage/index.ts';
import type { BundleResult, LedgerResult } from '../../verifier/verify-bundle.mjs';
import { backends, type TestDatabase } from '../support/stores.ts';
import { editBySql, readBySql } from './raw.ts';
import { exchange, ledgerOn, makeClock, makeKey, ownKey } from './support.ts';

type Edit = [sql: string, ...bindings: unknown[]];
type Entry = { leaf: string };

const leafHash = (leaf: string): Buffer => createHash('sha256').update('\0').update(leaf).digest();

// What is done to a sound ledger of 600 entries, and what must be said of it. Entry 300 is the request `m-150`.
const cases: {
  readonly does: string;
  readonly edits: (leafOf: (seq: number) => Promise<string>) => Promise<Edit[]>;
  readonly seq: number;
  readonly messageId?: string;
  readonly what: string;
  /** The damage lies in what a bundle does not carry. */
  readonly onlyStore?: boolean;
}[] = [
  {
    does: 'flipping one byte of a stored message',
    edits: async () => [
      ['update ledger_bodies set body = ? where seq = 301', Buffer.from('{"reply":"m-150","text":"!"}')],
    ],
    seq: 301,
    messageId: 'm-150-reply',
    what: 'message-altered',
  },
  {
    does: 'exchanging two messages',
    edits: async () => [
      ['update ledger_bodies set seq = -1 where seq = 300'],
      ['update ledger_bodies set seq = 300 where seq = 302'],
      ['update ledger_bodies set seq = 302 where seq = -1'],
    ],
    seq: 300,
    messageId: 'm-150',
    what: 'message-altered',
  },
  {
    does: 'deleting a message without an erasure',
    edits: async () => [['delete from ledger_bodies where seq = 300']],
    seq: 300,
    messageId: 'm-150',
    what: 'message-missing',
  },
  {
    does: 'deleting an entry',
    edits: async () => [['delete from ledger_entries where seq = 300'], ['delete from ledger_bodies where seq = 300']],
    seq: 300,
    what: 'missing',
  },
  {
    does: 'exchanging two entries',
    edits: async () => [
      ['update ledger_entries set seq = -1 where seq = 300'],
      ['update ledger_entries set seq = 300 where seq = 301'],
      ['update ledger_entries set seq = 301 where seq = -1'],
    ],
    seq: 300,
    what: 'order',
  },
  {
    does: 'turning a verification result',
    edits: async (leafOf) => {
      const leaf = (await leafOf(300)).replace('"verified":true', '"verified":false');
      return [['update ledger_entries set leaf = ? where seq = 300', leaf]];
    },
    seq: 300,
    messageId: 'm-150',
    what: 'altered',
  },
  {
    does: 'turning a verification result and its hash',
    edits: async (leafOf) => {
      const leaf = (await leafOf(300)).replace('"verified":true', '"verified":false');
      return [['update ledger_entries set leaf = ?, leaf_hash = ? where seq = 300', leaf, leafHash(leaf)]];
    },
    seq: 300,
    what: 'root',
  },
  {
    does: 'putting another key in',
    edits: async (leafOf) => {
      const other = makeKey('spmis.example.org|k1|ed25519').jwk['x'] as string;
      const leaf = (await leafOf(300)).replace(/"x":"[^"]*"/, `"x":"${other}"`);
      return [['update ledger_entries set leaf = ?, leaf_hash = ? where seq = 300', leaf, leafHash(leaf)]];
    },
    seq: 300,
    messageId: 'm-150',
    what: 'signature',
  },
  {
    does: 'hiding an entry from the search by its sender',
    edits: async () => [["update ledger_entries set peer = 'somebody' where seq = 300"]],
    seq: 300,
    messageId: 'm-150',
    what: 'index',
    onlyStore: true,
  },
  {
    does: 'adding an entry at the end',
    edits: async () => [
      [
        'insert into ledger_entries (seq, leaf, leaf_hash, recorded_at, kind, direction) select seq + 300, leaf, leaf_hash, recorded_at, kind, direction from ledger_entries where seq = 300',
      ],
    ],
    seq: 600,
    what: 'extra',
    onlyStore: true,
  },
  {
    does: 'editing the stored tree',
    edits: async () => [['update ledger_subtrees set hash = ? where level = 8 and position = 1', Buffer.alloc(32)]],
    seq: 256,
    what: 'tree',
    onlyStore: true,
  },
  {
    does: 'editing a checkpoint',
    edits: async () => [
      ["update ledger_checkpoints set note = replace(note, 'time 2026', 'time 2025') where size = 600"],
    ],
    seq: -1,
    what: 'checkpoint',
  },
];

for (const backend of backends) {
  describe(`a ledger that somebody edited (${backend.name})`, () => {
    if (backend.skip) {
      it('is told when TEST_DATABASE_URL is set');
      return;
    }
    let test: TestDatabase;
    let db: Database;
    let ledger: Ledger;
    let folder: string;
    const clock = makeClock();

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'crosswalk-bundle-'));
      test = await backend.fresh();
      db = await test.open();
      await db.migrate();
      ledger = await ledgerOn(db, clock);
      // Checkpoints at 300, 302 and 600: the smallest part that damage can be narrowed to is one exchange.
      for (const [begin, end] of [
        [0, 150],
        [150, 151],
        [151, 300],
      ] as const) {
        const ids = Array.from({ length: end - begin }, (_, i) => `m-${begin + i}`);
        await Promise.all(ids.map((id) => ledger.record(exchange(id))));
        await ledger.checkpoint();
      }
    });
    afterEach(async () => {
      await db.close();
      await test.drop();
      rmSync(folder, { recursive: true });
    });

    const leafOf = async (seq: number): Promise<string> =>
      (await readBySql<Entry>(test.url, `select leaf from ledger_entries where seq = ${seq}`))[0]?.leaf as string;

    const assertNamed = (result: LedgerResult | BundleResult, wanted: (typeof cases)[number]): void => {
      assert.equal(result.ok, false);
      const found = result.problems.find(({ seq, what }) => what === wanted.what && (seq ?? -1) === wanted.seq);
      assert.ok(found, `expected ${wanted.what} at ${wanted.seq}, got ${JSON.stringify(result.problems)}`);
      if (wanted.messageId) assert.equal(found.message_id, wanted.messageId);
    };

    it('is sound before', async () => {
      assert.deepEqual((await ledger.verify()).problems, []);
      const file = join(folder, 'sound.ndjson');
      await ledger.exportBundle({ out: file });
      const result = await program.verifyBundle(file);
      assert.deepEqual(result.problems, []);
      assert.equal(result.messages, 600);
    });

    for (const wanted of cases) {
      it(`tells of ${wanted.does}, and where`, async () => {
        await editBySql(test.url, await wanted.edits(leafOf));
        assertNamed(await ledger.verify(), wanted);
        if (wanted.onlyStore) return;
        const file = join(folder, 'damaged.ndjson.gz');
        await ledger.exportBundle({ out: file });
        assertNamed(await program.verifyBundle(file), wanted);
      });
    }

    it('gets no new checkpoint over what was altered', async () => {
      await editBySql(test.url, [['update ledger_entries set leaf_hash = ? where seq = 599', Buffer.alloc(32, 1)]]);
      await ledger.record(exchange('later'));
      await assert.rejects(ledger.checkpoint(), /differs from its checkpoint/);
    });

    it('tells of a tail that was cut off together with its checkpoints, against an earlier bundle', async () => {
      const file = join(folder, 'earlier.ndjson');
      await ledger.exportBundle({ out: file });
      const state = await readBySql<{ frontier: Buffer }>(test.url, 'select frontier from ledger_state');
      assert.equal(state.length, 1);
      // 302 = 256 + 32 + 8 + 4 + 2: the frontier an attacker who knows the scheme would write.
      const rows = await readBySql<{ leaf_hash: Buffer }>(
        test.url,
        'select leaf_hash from ledger_entries where seq < 302 order by seq',
      );
      const fold = (hashes: Buffer[]): Buffer => {
        if (hashes.length === 1) return hashes[0] as Buffer;
        const half = hashes.length / 2;
        const parts = [Buffer.of(1), fold(hashes.slice(0, half)), fold(hashes.slice(half))];
        return createHash('sha256').update(Buffer.concat(parts)).digest();
      };
      const frontier: Buffer[] = [];
      let at = 0;
      for (const width of [256, 32, 8, 4, 2]) {
        frontier.push(fold(rows.slice(at, at + width).map(({ leaf_hash }) => leaf_hash)));
        at += width;
      }
      await editBySql(test.url, [
        ['delete from ledger_entries where seq >= 302'],
        ['delete from ledger_bodies where seq >= 302'],
        ['delete from ledger_checkpoints where size > 302'],
        ['update ledger_state set size = 302, frontier = ?', Buffer.concat(frontier)],
      ]);
      const alone = await ledger.verify();
      assert.deepEqual(alone.problems, []);
      assert.ok(alone.notes.some((note) => note.includes('cut off')));
      const result = await ledger.verify({ against: file });
      assert.equal(result.ok, false);
      assert.deepEqual(
        result.problems.map(({ what, seq }) => [what, seq]),
        [['shorter', 302]],
      );
    });

    it('tells of a tail that was cut off without its checkpoints', async () => {
      await editBySql(test.url, [
        ['delete from ledger_entries where seq >= 590'],
        ['delete from ledger_bodies where seq >= 590'],
      ]);
      const result = await ledger.verify();
      assert.ok(result.problems.some(({ what, seq }) => what === 'missing' && seq === 590));
    });

    it('tells of another history under the same keys, against an earlier bundle', async () => {
      const file = join(folder, 'earlier.ndjson.gz');
      await ledger.exportBundle({ out: file });
      const other = await backend.fresh();
      const otherDb = await other.open();
      try {
        await otherDb.migrate();
        const forged = await ledgerOn(otherDb, clock);
        for (let i = 0; i < 310; i += 1) void forged.record(exchange(`m-${i}`, 'somebody else'));
        await forged.record(exchange('last'));
        await forged.checkpoint();
        assert.equal((await forged.verify()).ok, true);
        const result = await forged.verify({ against: file });
        assert.deepEqual(
          result.problems.map(({ what }) => what),
          ['root'],
        );
      } finally {
        await otherDb.close();
        await other.drop();
      }
    });

    it('is not verified by a bundle under other keys', async () => {
      const file = join(folder, 'b.ndjson');
      await ledger.exportBundle({ out: file });
      const strange = await ledgerOn(db, clock, {
        current: async () => ({ jwk: ownKey.jwk, sign: () => Buffer.alloc(64) }),
        publicKeys: async () => [makeKey('other').jwk],
      });
      const result = await strange.verify({ against: file });
      assert.ok(result.problems.some(({ what }) => what === 'against'));
      assert.ok(result.problems.some(({ what }) => what === 'checkpoint'));
    });
  });
}
