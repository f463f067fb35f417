import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Ledger, program, programFile } from '../../src/ledger/index.ts';
import { parseNote, signCheckpoint } from '../../src/ledger/note.ts';
import { describeStore } from '../support/stores.ts';
import { editBySql } from './raw.ts';
import { exchange, ledgerOn, makeClock, makeKey, ownKey, signerWith } from './support.ts';

const leafHash = (leaf: string): string => createHash('sha256').update('\0').update(leaf).digest('base64');

describeStore('a bundle', ({ database, url }) => {
  let ledger: Ledger;
  let folder: string;
  const clock = makeClock();
  const times: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-bundle-'));
    ledger = await ledgerOn(database(), clock);
    for (let day = 0; day < 4; day += 1) {
      times.push(new Date(clock()).toISOString());
      for (let i = 0; i < 10; i += 1) await ledger.record(exchange(`d${day}-${i}`, `UIN-${i}`, 'Ζωή\u{1f33e}'));
      await ledger.checkpoint();
      clock.pass(86_400_000);
    }
    await ledger.record([
      { kind: 'message', direction: 'in', endpoint: 'POST /x', at: times[0] as string, body: Buffer.of(0xff, 0, 0xfe) },
    ]);
  });
  after(() => rmSync(folder, { recursive: true }));

  const fresh = async (name: string, options: object = {}): Promise<string> => {
    const out = join(folder, name);
    await ledger.exportBundle({ out, ...options });
    return out;
  };
  /** The bundle with some lines changed. */
  const bend = async (name: string, change: (lines: string[]) => string[]): Promise<string> => {
    const lines = readFileSync(await fresh('plain.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    const out = join(folder, name);
    writeFileSync(out, `${change(lines).join('\n')}\n`);
    return out;
  };
  const lineOf = (lines: readonly string[], seq: number): number =>
    lines.findIndex((line) => line.startsWith(`{"type":"entry","seq":${seq},`));
  const problemsOf = async (file: string): Promise<unknown[]> =>
    (await program.verifyBundle(file)).problems.map(({ what, seq }) => [what, seq]);

  it('verifies, plain and compressed, and holds the exact bytes', async () => {
    const plain = await fresh('whole.ndjson');
    const result = await program.verifyBundle(plain);
    assert.deepEqual(result.problems, []);
    assert.equal(result.messages, 81);
    assert.equal(result.signatures, 40);
    assert.equal(result.unsigned, 0);
    assert.deepEqual(await program.verifyBundle(await fresh('whole.ndjson.gz')).then((it) => it.problems), []);
    const text = gunzipSync(readFileSync(join(folder, 'whole.ndjson.gz'))).toString();
    const { body } = (await ledger.find({ messageId: 'd2-7', bodies: true })).entries[0] ?? {};
    assert.ok(text.includes(JSON.stringify(body?.toString())));
    assert.ok(text.includes(`"base64":"${Buffer.of(0xff, 0, 0xfe).toString('base64')}"`));
    assert.ok(!readdirSync(folder).some((name) => name.endsWith('.part')));
  });

  it('says how quickly it was verified', async () => {
    const result = await program.verifyBundle(await fresh('rates.ndjson'));
    assert.ok(result.entries_per_second > 0 && result.signatures_per_second > 0);
    assert.match(
      program.describe(result),
      new RegExp(`^[\\d.]+ s: ${result.entries_per_second} entries a second`, 'm'),
    );
  });

  it('says who sent what, under which key, trusted for whom and when', async () => {
    const { trusted, keys, origin } = await program.verifyBundle(await fresh('whole.ndjson'));
    assert.equal(origin, 'crosswalk.local/ledger');
    assert.equal(keys[0]?.kid, ownKey.jwk.kid);
    assert.deepEqual(
      trusted.map(({ sender_id, kid, known_by, messages }) => ({ sender_id, kid, known_by, messages })),
      [{ sender_id: 'spmis.example.org', kid: 'spmis.example.org|k1|ed25519', known_by: 'registered', messages: 40 }],
    );
  });

  it('tells of a character changed in a message', async () => {
    const file = await bend('bent', (lines) =>
      lines.map((line, i) => (i === lineOf(lines, 12) ? line.replace('Ζωή', 'Ζωη') : line)),
    );
    assert.deepEqual(await problemsOf(file), [['message-altered', 12]]);
  });

  it('tells of a line left out, moved or doubled', async () => {
    const without = await bend('bent', (lines) => lines.toSpliced(lineOf(lines, 12), 1));
    assert.deepEqual((await problemsOf(without))[0], ['missing', 12]);
    const moved = await bend('bent', (lines) => {
      const at = lineOf(lines, 12);
      return [...lines.slice(0, at), lines[at + 1] as string, lines[at] as string, ...lines.slice(at + 2)];
    });
    assert.deepEqual((await problemsOf(moved)).slice(0, 2), [
      ['missing', 12],
      ['order', 12],
    ]);
    const doubled = await bend('bent', (lines) =>
      lines.toSpliced(lineOf(lines, 12), 0, lines[lineOf(lines, 12)] as string),
    );
    assert.deepEqual(await problemsOf(doubled), [['order', 12]]);
  });

  it('tells of an entry rewritten with its hash, between the checkpoints around it', async () => {
    const file = await bend('bent', (lines) =>
      lines.map((line, i) => {
        if (i !== lineOf(lines, 25)) return line;
        const record = JSON.parse(line);
        record.leaf = record.leaf.replace('"status":200', '"status":403');
        record.hash = leafHash(record.leaf);
        return JSON.stringify(record);
      }),
    );
    assert.deepEqual(await problemsOf(file), [['root', 20]]);
    const { problems } = await program.verifyBundle(file);
    assert.match(problems[0]?.detail ?? '', /entries 20 to 39/);
  });

  it('tells of a file that breaks off, or of lines that cannot be read', async () => {
    const cut = await bend('bent', (lines) => lines.slice(0, lineOf(lines, 50)));
    assert.deepEqual(await problemsOf(cut), [['truncated', 50]]);
    const garbled = await bend('bent', (lines) => lines.with(lineOf(lines, 12), '{"type":"entry","seq":12,'));
    assert.deepEqual((await problemsOf(garbled))[0], ['unreadable', 12]);
    const packed = readFileSync(await fresh('whole.ndjson.gz'));
    writeFileSync(join(folder, 'half.gz'), packed.subarray(0, packed.length / 2));
    assert.equal((await program.verifyBundle(join(folder, 'half.gz'))).ok, false);
    writeFileSync(join(folder, 'not'), 'a shopping list');
    await assert.rejects(program.verifyBundle(join(folder, 'not')), /not a ledger bundle/);
  });

  it('believes only the keys it is told to', async () => {
    const file = await fresh('whole.ndjson');
    const [right, wrong] = ['right.json', 'wrong.json'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(right, JSON.stringify({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, ownKey.jwk] }));
    writeFileSync(wrong, JSON.stringify(makeKey(ownKey.jwk.kid as string).jwk));
    assert.equal((await program.verifyBundle(file, { jwks: right })).ok, true);
    const result = await program.verifyBundle(file, { jwks: wrong });
    assert.equal(result.ok, false);
    assert.equal(result.problems[0]?.what, 'checkpoint');
  });

  it('does not need the keys of old checkpoints when a later one covers them', async () => {
    const old = makeKey('k0');
    const young = makeKey('k1');
    const file = await bend('bent', (lines) => lines.toSpliced(1, 1, JSON.stringify({ type: 'key', jwk: ownKey.jwk })));
    const notes = readFileSync(file, 'utf8').split('\n');
    const resigned = await Promise.all(
      notes.map(async (line) => {
        if (!line.startsWith('{"type":"checkpoint"')) return line;
        const { checkpoint } = parseNote(JSON.parse(line).note);
        const key = checkpoint.size > 60 ? young : old;
        return JSON.stringify({
          type: 'checkpoint',
          note: signCheckpoint(checkpoint, await signerWith(key).current()),
        });
      }),
    );
    writeFileSync(file, resigned.join('\n'));
    const jwks = join(folder, 'young.json');
    writeFileSync(jwks, JSON.stringify({ keys: [young.jwk] }));
    const result = await program.verifyBundle(file, { jwks });
    assert.deepEqual(result.problems, []);
    assert.ok(result.notes.some((note) => note.startsWith('3 checkpoints')));
    writeFileSync(jwks, JSON.stringify({ keys: [old.jwk] }));
    assert.equal((await program.verifyBundle(file, { jwks })).problems[0]?.what, 'checkpoint');
  });

  it('may hold a part, proved against the newest checkpoint', async () => {
    const file = await fresh('part.ndjson', { from: times[1], to: times[3] });
    const result = await program.verifyBundle(file);
    assert.deepEqual(result.problems, []);
    assert.deepEqual([result.from, result.to, result.entries, result.size], [20, 60, 40, 81]);
    assert.match(result.notes[0] ?? '', /entries 20 to 59/);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const at = lineOf(lines, 55);
    const record = JSON.parse(lines[at] as string);
    record.leaf = record.leaf.replace('"status":200', '"status":403');
    record.hash = leafHash(record.leaf);
    writeFileSync(file, lines.with(at, JSON.stringify(record)).join('\n'));
    assert.deepEqual(await problemsOf(file), [['root', 40]]);
  });

  it('may leave the messages out', async () => {
    const file = await fresh('bare.ndjson', { bodies: false });
    const result = await program.verifyBundle(file);
    assert.deepEqual(result.problems, []);
    assert.ok(!readFileSync(file, 'utf8').includes('search_request'));
  });

  it('is verified by the program alone, in an empty folder, with an empty environment and no network', async () => {
    const alone = join(folder, 'alone');
    mkdirSync(alone);
    copyFileSync(programFile, join(alone, 'verify-bundle.mjs'));
    copyFileSync(await fresh('whole.ndjson.gz'), join(alone, 'bundle.gz'));
    const offline = join(folder, 'offline.mjs');
    writeFileSync(
      offline,
      `import net from 'node:net'; import dns from 'node:dns'; import dgram from 'node:dgram';
       const refuse = () => { throw new Error('the network was touched'); };
       net.Socket.prototype.connect = refuse; dns.lookup = refuse; dgram.createSocket = refuse; globalThis.fetch = refuse;`,
    );
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    // Where the system allows it, there is no network at all; elsewhere touching it is a fault.
    const isolated = spawnSync('unshare', ['--net', 'true']).status === 0;
    const verifyAlone = (): Promise<{ status: number; out: string; err: string }> =>
      new Promise((resolve) => {
        execFile(
          isolated ? 'unshare' : process.execPath,
          [
            ...(isolated ? ['--net', process.execPath] : []),
            permission,
            `--allow-fs-read=${alone}/*`,
            `--allow-fs-read=${offline}`,
            '--import',
            offline,
            'verify-bundle.mjs',
            'bundle.gz',
            '--json',
          ],
          { cwd: alone, env: {} },
          (error, out, err) => resolve({ status: error ? Number(error.code) : 0, out, err }),
        );
      });
    const sound = await verifyAlone();
    assert.equal(sound.status, 0, sound.err);
    assert.equal(JSON.parse(sound.out).messages, 81);
    copyFileSync(await bend('bent', (lines) => lines.toSpliced(lineOf(lines, 12), 1)), join(alone, 'bundle.gz'));
    const bent = await verifyAlone();
    assert.equal(bent.status, 1);
    assert.equal(JSON.parse(bent.out).problems[0].seq, 12);
  });

  // What was recorded is kept for the last: it changes the ledger of the other tests.
  it('proves erasures that lie outside the part it holds', async () => {
    await ledger.eraseSubject('UIN-3');
    const whole = await program.verifyBundle(await fresh('erased.ndjson'));
    assert.deepEqual(whole.problems, []);
    assert.equal(whole.erased, 8);
    const part = await fresh('part.ndjson', { from: times[1], to: times[2] });
    const result = await program.verifyBundle(part);
    assert.deepEqual(result.problems, []);
    assert.equal(result.erased, 2);
    const lines = readFileSync(part, 'utf8').split('\n');
    writeFileSync(part, lines.filter((line) => !line.startsWith('{"type":"elsewhere"')).join('\n'));
    assert.deepEqual(await problemsOf(part), [
      ['message-missing', 26],
      ['message-missing', 27],
    ]);
  });

  it('is made of a damaged ledger too, without a new signature', async () => {
    await ledger.record(exchange('after'));
    await editBySql(url(), [['update ledger_entries set leaf_hash = ? where seq = 70', Buffer.alloc(32)]]);
    const out = join(folder, 'damaged.ndjson');
    assert.equal((await ledger.exportBundle({ out })).signed, false);
    assert.ok((await problemsOf(out)).some((one) => JSON.stringify(one) === '["altered",70]'));
  });
});
