import assert from 'node:assert/strict';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compileExpression } from '../../../src/odk/mapping/expressions/expression.ts';
import { rowsOf, type Scope, submissionScope } from '../../../src/odk/mapping/expressions/scope.ts';

const expressions = [
  'a',
  'a.b',
  'a.b.c',
  'a[b = "x"]',
  'a[b = "x"][0].c',
  'a[b][0].b',
  'a[-1]',
  'a[0]',
  'a[1].b',
  'a.b[0]',
  '[a.b, c, "k"]',
  '[[a, b], c]',
  'a = "x"',
  'a != b',
  'a = b and c',
  'a or b = null',
  'a in ["x", "y"]',
  '"x" in a',
  '$parent.b',
  '$submission.rows.b',
  '$index',
  '$',
  '$.a',
  'a[b != "x" and c].b',
  'a[$parent.b = b]',
  'a[[0, 1]]',
  'true',
  'null',
  '$parent.a[$index = 0]',
];

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, '', 'x', 'y', 0, 1, 2.5, true, false),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const plain = (result: unknown): unknown => (result === undefined ? undefined : JSON.parse(JSON.stringify(result)));

describe('expressions answered without the engine', () => {
  for (const source of expressions) {
    it(`mean what JSONata means: ${source}`, async () => {
      const { direct } = compileExpression(source, 'jsonata');
      assert.ok(direct, 'needs the engine');
      const engine = jsonata(source);
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            a: value,
            b: value,
            rows: fc.array(fc.record({ a: value, b: value, c: value }), { maxLength: 2 }),
          }),
          async (submission) => {
            const top = submissionScope(submission);
            for (const scope of [top, ...rowsOf(top, ['rows'])] as Scope[]) {
              const bindings = { parent: scope.parent?.row, submission, index: scope.index };
              assert.deepEqual(plain(direct(scope)), plain(await engine.evaluate(scope.row, bindings)));
            }
          },
        ),
        { numRuns: 150 },
      );
    });
  }

  for (const source of [
    '$count(a)',
    'a.(b)',
    'a{b: c}',
    'a ~> $f',
    'a ? b : c',
    '/x/',
    'a[]',
    '**',
    'a & b',
    'a[$x]',
  ]) {
    it(`leave the rest to the engine: ${source}`, () => {
      assert.equal(compileExpression(source, 'jsonata').direct, undefined);
    });
  }

  it('do not reach what only the prototype has', () => {
    const { direct } = compileExpression('constructor.name', 'jsonata');
    assert.equal(direct?.(submissionScope({})), undefined);
  });

  it('follow a plain jq path, and refuse to index a list as jq does', () => {
    const { direct } = compileExpression('.a.b', 'jq');
    assert.equal(direct?.(submissionScope({ a: { b: 'x' } })), 'x');
    assert.equal(direct?.(submissionScope({ a: null })), undefined);
    assert.throws(() => direct?.(submissionScope({ a: [] })), /Cannot index array/);
  });
});
