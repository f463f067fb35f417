import { parentPort, workerData } from 'node:worker_threads';
import jq from 'jq-wasm';
import jsonata from 'jsonata';
import type { EngineAnswer, EngineBatch, Outcome, RemoteExpression } from './engine.ts';
import { type Scope, scopesAt, submissionScope } from './scope.ts';

// The worker's side of the engine. It says before each evaluation what it is about to do, in memory it shares with
// the main thread: an expression that never ends can be named by whoever kills it.
const progress = new Int32Array(workerData as SharedArrayBuffer);
const NOTHING = -2;
const begin = (submission: number, expression: number, scope: number): void => {
  Atomics.store(progress, 1, submission);
  Atomics.store(progress, 2, expression);
  Atomics.store(progress, 3, scope);
  Atomics.add(progress, 0, 1);
};
const idle = (): void => {
  Atomics.store(progress, 2, NOTHING);
};

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** Only what JSON can carry leaves: no functions, no lists with hidden members. */
const plain = (value: unknown): unknown => {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
};

const compiled = new Map<string, jsonata.Expression>();
const compile = (source: string): jsonata.Expression => {
  let expression = compiled.get(source);
  if (!expression) {
    expression = jsonata(source, { stack: 1000 });
    compiled.set(source, expression);
  }
  return expression;
};

const askJsonata = async (source: string, scope: Scope): Promise<Outcome> => {
  try {
    const { parent, submission, index } = scope;
    return { value: plain(await compile(source).evaluate(scope.row, { parent: parent?.row, submission, index })) };
  } catch (error) {
    return { error: messageOf(error) };
  }
};

/** The rows an expression is asked for, in jq itself: each with the variables of odk.md §18.2. */
const toJqRows = (chain: RemoteExpression['chain']): string =>
  chain
    .map((each) => {
      const path = each.map((step) => `["${step}"]?`).join('');
      return `. as $parent | (.${path} | arrays) | to_entries[] | .key as $index | .value`;
    })
    .reduce((before, level) => `${before} | ${level}`, 'null as $parent | 0 as $index | .');

// A call of jq costs more than what it computes, and reads its input ever more slowly the longer it is: so all
// expressions of one submission go in one call. What an expression yields is a stream: none is no value, one is that
// value, more are a list.
const toJqProgram = (expressions: readonly RemoteExpression[]): string => {
  const parts = expressions.map(
    ({ source, chain }) => `[${toJqRows(chain)} | . as $row | try {v: [(${source}\n)]} catch {e: tostring}]`,
  );
  return `. as $submission | [${parts.join(', ')}]`;
};

const askJq = async (expressions: readonly RemoteExpression[], text: string): Promise<Outcome[][]> => {
  const answers = JSON.parse(await jq.raw(text, toJqProgram(expressions), ['-c'])) as { v?: unknown[]; e?: string }[][];
  return answers.map((rows) =>
    rows.map(({ v, e }) => (v ? { value: v.length > 1 ? v : v[0] } : { error: e ?? 'failed' })),
  );
};

let jqIsWarm = false;

/** All of jq for one submission; one by one when together they ran out of time, or one of them spoilt the call. */
const evaluateJq = async (
  { expressions, texts, late }: EngineBatch,
  submission: number,
  numbers: readonly number[],
): Promise<Map<number, Outcome[]>> => {
  const text = texts[submission] as string;
  const chosen = numbers.map((number) => expressions[number] as RemoteExpression);
  if (!late.includes([submission, -1, -1].join())) {
    begin(submission, -1, -1);
    const results = await askJq(chosen, text).catch(() => undefined);
    idle();
    if (results) return new Map(numbers.map((number, at) => [number, results[at] ?? []]));
  }
  const outcomes = new Map<number, Outcome[]>();
  for (const number of numbers) {
    const expression = expressions[number] as RemoteExpression;
    const rows = scopesAt(submissionScope(JSON.parse(text)), expression.chain).length;
    const all = (error: string) => Array.from({ length: rows }, () => ({ error }));
    if (late.includes([submission, number, -1].join())) {
      outcomes.set(number, all('ran out of time'));
      continue;
    }
    begin(submission, number, -1);
    const results = await askJq([expression], text).catch((error: unknown) => [all(messageOf(error))]);
    idle();
    outcomes.set(number, results[0] ?? []);
  }
  return outcomes;
};

const evaluate = async (batch: EngineBatch): Promise<Outcome[][][]> => {
  const { expressions, texts, late } = batch;
  const ofJq = [...expressions.keys()].filter((number) => expressions[number]?.language === 'jq');
  if (ofJq.length > 0 && !jqIsWarm) {
    await jq.raw('null', '.');
    jqIsWarm = true;
  }
  const results: Outcome[][][] = [];
  for (const [submission, text] of texts.entries()) {
    const top = submissionScope(JSON.parse(text));
    const fromJq = ofJq.length > 0 ? await evaluateJq(batch, submission, ofJq) : undefined;
    const row: Outcome[][] = [];
    for (const [number, expression] of expressions.entries()) {
      const outcomes: Outcome[] = fromJq?.get(number) ?? [];
      row.push(outcomes);
      if (expression.language === 'jq') continue;
      for (const [at, scope] of scopesAt(top, expression.chain).entries()) {
        begin(submission, number, at);
        const isLate = late.includes([submission, number, at].join());
        outcomes.push(isLate ? { error: 'ran out of time' } : await askJsonata(expression.source, scope));
      }
      idle();
    }
    results.push(row);
  }
  return results;
};

idle();
parentPort?.on('message', (batch: EngineBatch) => {
  evaluate(batch).then(
    (results) => parentPort?.postMessage({ results } satisfies EngineAnswer),
    (error: unknown) => parentPort?.postMessage({ failed: messageOf(error) } satisfies EngineAnswer),
  );
});
