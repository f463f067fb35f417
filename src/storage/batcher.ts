import type { Database } from './database.ts';
import type { Tx } from './tx.ts';

const MAX_ROWS = 500;

// A batch waits for further rows as long as the event loop brings some within a few turns (what is verified and signed
// in the thread pool comes back one by one), so many turns at most: a commit costs the same for one row as for fifty,
// and on SQLite nothing else happens while it lasts.
const IDLE_TURNS = 4;
const MAX_TURNS = 32;

/**
 * Turns single appends of many callers into few statements: while one commit is on its way, rows gather for the
 * next. Each caller is answered when its row is durable.
 *
 * `flush` gets the gathered rows and answers one result per row, in order. When it throws, the rows are tried one
 * by one, so that a bad row spoils only itself.
 */
export const createBatcher = <Row, Result>(
  db: Database,
  flush: (tx: Tx, rows: readonly Row[]) => Promise<readonly Result[]>,
): ((row: Row) => Promise<Result>) => {
  interface Waiting {
    readonly row: Row;
    readonly resolve: (result: Result) => void;
    readonly reject: (reason: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = false;

  const commit = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await db.append((tx) =>
        flush(
          tx,
          batch.map(({ row }) => row),
        ),
      );
      batch.forEach((one, i) => {
        one.resolve(results[i] as Result);
      });
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      for (const one of batch) await commit([one]);
    }
  };

  const gather = async (): Promise<void> => {
    let idle = 0;
    for (let turn = 0; turn < MAX_TURNS && idle < IDLE_TURNS && waiting.length < MAX_ROWS; turn += 1) {
      const had = waiting.length;
      await new Promise((resolve) => setImmediate(resolve));
      idle = waiting.length > had ? 0 : idle + 1;
    }
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      await gather();
      const batch = waiting.slice(0, MAX_ROWS);
      waiting = waiting.slice(MAX_ROWS);
      await commit(batch);
    }
    running = false;
  };

  return (row) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (running) return;
      running = true;
      void run();
    });
};
