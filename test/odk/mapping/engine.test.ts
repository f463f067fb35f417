import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../src/odk/mapping/expressions/engine.ts';

const row = (extra: object = {}): string =>
  JSON.stringify({ hh: 'Okafor', members: { member: [{ n: 'a', docs: [{ d: 1 }] }, { n: 'b' }] }, ...extra });

describe('the expression engine', () => {
  let engine: Engine;
  before(() => {
    engine = createEngine(300);
  });
  after(() => engine.close());

  it('gives each row what it asks for, with the row around it, the submission and its number', async () => {
    const [[[...outcomes] = []] = []] = await engine.evaluate(
      [
        {
          language: 'jsonata',
          source: '$parent.hh & n & $string($index) & $submission.hh',
          chain: [['members', 'member']],
        },
      ],
      [row()],
    );
    assert.deepEqual(outcomes, [{ value: 'Okafora0Okafor' }, { value: 'Okaforb1Okafor' }]);
  });

  it('answers jq with the same variables', async () => {
    const results = await engine.evaluate(
      [
        {
          language: 'jq',
          source: '$parent.hh + .n + ($index|tostring) + $submission.hh',
          chain: [['members', 'member']],
        },
        { language: 'jq', source: '.members.member[].n', chain: [] },
        { language: 'jq', source: 'empty', chain: [] },
        { language: 'jq', source: '.hh | error("no")', chain: [] },
      ],
      [row(), row({ hh: 'Moyo' })],
    );
    assert.deepEqual(results[1]?.[0], [{ value: 'Moyoa0Moyo' }, { value: 'Moyob1Moyo' }]);
    assert.deepEqual(results[0]?.[1], [{ value: ['a', 'b'] }]);
    assert.deepEqual(results[0]?.[2], [{ value: undefined }]);
    assert.match(results[0]?.[3]?.[0]?.error ?? '', /no/);
  });

  it('kills a leaf that does not end and answers the rest of the batch', async () => {
    const endless = 'hh = "Moyo" ? ($f := function($x){$f($x)}; $f(1)) : hh';
    const results = await engine.evaluate(
      [
        { language: 'jsonata', source: endless, chain: [] },
        { language: 'jsonata', source: '$uppercase(hh)', chain: [] },
      ],
      [row(), row({ hh: 'Moyo' }), row({ hh: 'Silva' })],
    );
    assert.deepEqual(
      results.map((one) => one[0]?.[0]),
      [{ value: 'Okafor' }, { error: 'ran out of time' }, { value: 'Silva' }],
    );
    assert.deepEqual(results[1]?.[1], [{ value: 'MOYO' }]);
  });

  it('kills a regular expression that backtracks for ever', async () => {
    const [[[outcome] = []] = []] = await engine.evaluate(
      [{ language: 'jsonata', source: '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)', chain: [] }],
      [row()],
    );
    assert.deepEqual(outcome, { error: 'ran out of time' });
  });

  it('finds the one row for which jq does not end', async () => {
    const results = await engine.evaluate(
      [{ language: 'jq', source: 'if .hh == "Moyo" then last(range(1e12)) else .hh end', chain: [] }],
      [row(), row({ hh: 'Moyo' }), row({ hh: 'Silva' })],
    );
    assert.deepEqual(
      results.map((one) => one[0]?.[0]?.value),
      ['Okafor', undefined, 'Silva'],
    );
    assert.equal(results[1]?.[0]?.[0]?.error, 'ran out of time');
  });

  it('spoils only itself when an expression breaks out of its call', async () => {
    const [[first, second] = []] = await engine.evaluate(
      [
        { language: 'jq', source: 'halt_error', chain: [] },
        { language: 'jq', source: '.hh | ascii_upcase', chain: [] },
      ],
      [row()],
    );
    assert.ok(first?.[0]?.error);
    assert.deepEqual(second, [{ value: 'OKAFOR' }]);
  });
});
