import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type SampleOptions, sampleTo } from '../../src/exchange/sample/sample.ts';
import { fromGroupResource, fromIndividualResource } from '../../src/registry/resource/index.ts';

const make = async (options: SampleOptions): Promise<string> => {
  const stream = new PassThrough();
  const [made] = await Promise.all([text(stream), sampleTo(options, stream).then(() => stream.end())]);
  return made;
};

interface Line {
  readonly type: string;
  readonly identifier: { system: string; value: string }[];
  readonly name: { given: string };
  readonly birthDate: string;
  readonly member: { entity: { reference: string }; role: { coding: { code: string }[] } }[];
}
const parse = (ndjson: string): Line[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('sampleTo', () => {
  it('gives the same bytes for the same seed, and others for another', async () => {
    const options = { individuals: 40, households: 9, seed: 7 };
    const first = await make(options);
    assert.equal(await make(options), first);
    assert.notEqual(await make({ ...options, seed: 8 }), first);
  });

  for (const [individuals, households] of [
    [0, 0],
    [0, 3],
    [5, 0],
    [2, 5],
    [200, 50],
    [500, 10],
  ] as const) {
    it(`makes exactly ${individuals} individuals and ${households} households`, async () => {
      const made = await make({ individuals, households, seed: 1 });
      const lines = made === '' ? [] : parse(made);
      assert.equal(lines.filter(({ type }) => type === 'Individual').length, individuals);
      assert.equal(lines.filter(({ type }) => type === 'Group').length, households);
    });
  }

  it('makes records that an import takes, with identifiers of their own', async () => {
    const lines = parse(await make({ individuals: 300, households: 80, seed: 3 }));
    const seen = new Set<string>();
    for (const line of lines) {
      const read = line.type === 'Group' ? fromGroupResource : fromIndividualResource;
      const reading = read(line, { today: '2026-01-01' });
      assert.deepEqual(reading.ok ? [] : reading.problems, []);
      for (const { system, value } of line.identifier) {
        assert.equal(seen.has(`${system}|${value}`), false);
        seen.add(`${system}|${value}`);
      }
    }
  });

  it('names as members only people written before, each in one household with one head', async () => {
    const lines = parse(await make({ individuals: 300, households: 80, seed: 3 }));
    const people = new Set<string>();
    const placed = new Set<string>();
    for (const line of lines) {
      if (line.type === 'Individual')
        people.add(`Individual/${line.identifier[0]?.system}|${line.identifier[0]?.value}`);
      else {
        for (const { entity } of line.member) {
          assert.ok(people.has(entity.reference));
          assert.equal(placed.has(entity.reference), false);
          placed.add(entity.reference);
        }
        const heads = line.member.filter(({ role }) => role.coding[0]?.code === 'head');
        assert.equal(heads.length, 1);
      }
    }
    assert.ok(placed.size > 250);
  });

  it('writes names in several scripts', async () => {
    const names = parse(await make({ individuals: 200, households: 0, seed: 1 })).map(({ name }) => name.given);
    for (const script of ['Latin', 'Arabic', 'Ethiopic', 'Devanagari', 'Bengali', 'Lao']) {
      assert.ok(
        names.some((name) => new RegExp(`^\\p{Script=${script}}`, 'u').test(name)),
        script,
      );
    }
  });

  it('ends with an error when the reader goes away, instead of waiting for ever', async () => {
    const closing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    await assert.rejects(sampleTo({ individuals: 5000, households: 0, seed: 1 }, closing), /gone/);
  });
});
