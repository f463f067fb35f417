import { Worker } from 'node:worker_threads';
import type { Language } from './expression.ts';

/** An expression that the engine has to answer, and the repeats down to the rows it is asked for. */
export interface RemoteExpression {
  readonly source: string;
  readonly language: Language;
  readonly chain: readonly (readonly string[])[];
}

/** What one expression came to for one row. */
export type Outcome = { readonly value?: unknown; readonly error?: string };

/** Sent to the worker: submissions as JSON text, and what is known of earlier attempts at the same batch. */
export interface EngineBatch {
  readonly expressions: readonly RemoteExpression[];
  readonly texts: readonly string[];
  /** `submission,expression,scope` that ran out of time before; `-1` stands for all of them. */
  readonly late: readonly string[];
}
export type EngineAnswer = { readonly results: Outcome[][][] } | { readonly failed: string };

/** Evaluates expressions without letting any of them hold up this process. */
export interface Engine {
  /** By submission, expression and row. A row whose expression fails or runs out of time has an `error`. */
  evaluate(expressions: readonly RemoteExpression[], texts: readonly string[]): Promise<readonly Outcome[][][]>;
  close(): Promise<void>;
}

const WATCH_MS = 25;
/** In place of an expression's number: the worker is not evaluating. */
const NOTHING = -2;

// From source the worker is a `.ts` file, in the build a `.js` one; a URL is not rewritten by the compiler. The loader
// of development does not reach into threads by itself, so there a line of code calls it first. (Source maps off: jq
// leaves each call by an exception, and mapping its trace costs more than the call.)
const isSource = import.meta.url.endsWith('.ts');
const workerFile = new URL(isSource ? './engine-worker.ts' : './engine-worker.js', import.meta.url);
const bootstrap = `import('tsx/esm/api').then(({ register }) => { register(); process.setSourceMapsEnabled(false); return import('${workerFile.href}'); })`;

/**
 * One worker thread for all mappings. `limitMs` is what a single leaf may take for a single row; after that the
 * thread is killed (neither a catastrophic regular expression nor endless recursion can be stopped from within:
 * dependencies.md, trap 8), and the batch is asked again without the culprit.
 */
export const createEngine = (limitMs = 1000): Engine => {
  const progress = new Int32Array(new SharedArrayBuffer(16));
  let worker: Worker | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    Atomics.store(progress, 2, NOTHING);
    const started = new Worker(isSource ? bootstrap : workerFile, {
      eval: isSource,
      workerData: progress.buffer,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    started.unref();
    return started;
  };

  /** One attempt: the results, or which evaluation was under way when the worker had to go. */
  const attempt = (batch: EngineBatch): Promise<EngineAnswer | { readonly culprit: [number, number, number] }> =>
    new Promise((resolve) => {
      worker ??= start();
      const mine = worker;
      let seen = -1;
      let since = Date.now();
      const settle = (answer: Parameters<typeof resolve>[0]): void => {
        clearInterval(watch);
        mine.off('message', settle).off('error', fail);
        resolve(answer);
      };
      const giveUp = (): void => {
        const culprit: [number, number, number] = [progress[1] ?? 0, progress[2] ?? 0, progress[3] ?? 0];
        worker = undefined;
        settle({ culprit });
        void mine.terminate();
      };
      const watch = setInterval(() => {
        const turn = Atomics.load(progress, 0);
        if (turn !== seen || Atomics.load(progress, 2) === NOTHING) {
          seen = turn;
          since = Date.now();
        } else if (Date.now() - since > limitMs) giveUp();
      }, WATCH_MS);
      // Out of memory ends the thread by itself.
      function fail(error: Error): void {
        worker = undefined;
        if (Atomics.load(progress, 2) === NOTHING) settle({ failed: error.message });
        else giveUp();
      }
      mine.on('message', settle).on('error', fail);
      mine.postMessage(batch);
    });

  const run = async (expressions: readonly RemoteExpression[], texts: readonly string[]): Promise<Outcome[][][]> => {
    let batch: EngineBatch = { expressions, texts, late: [] };
    for (;;) {
      const answer = await attempt(batch);
      if ('results' in answer) return answer.results;
      if ('failed' in answer) throw new Error(`the expression engine failed: ${answer.failed}`);
      batch = { ...batch, late: [...batch.late, answer.culprit.join()] };
    }
  };

  return {
    evaluate(expressions, texts) {
      const mine = queue.then(() => run(expressions, texts));
      queue = mine.catch(() => {});
      return mine;
    },
    async close() {
      await queue;
      await worker?.terminate();
      worker = undefined;
    },
  };
};
