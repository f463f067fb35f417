import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

/**
 * Several HTTP processes behind one port. The first process runs the background jobs and looks after the others;
 * they serve. Messages between them are few: listening, "give me everybody's metrics", stop.
 */

type FromWorker =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'metrics?'; readonly id: number };
interface MetricsAnswer {
  readonly type: 'metrics';
  readonly id: number;
  readonly text: string;
}

export interface Fleet {
  /** The port all workers share. */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts `size` workers and answers once all of them listen. A worker that dies is replaced, with a pause that grows
 * when it dies at once.
 */
export const startFleet = async (size: number, onDeath: (pid: number | undefined) => void): Promise<Fleet> => {
  const aggregator = new AggregatorRegistry();
  let stopping = false;
  let port = 0;

  const start = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const worker: Worker = cluster.fork();
      const since = Date.now();
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve(message.port);
        if (message.type === 'metrics?') {
          const answer = (text: string): void => {
            worker.send({ type: 'metrics', id: message.id, text } satisfies MetricsAnswer);
          };
          aggregator.clusterMetrics().then(answer, () => answer(''));
        }
      });
      worker.once('exit', () => {
        reject(new Error('a worker ended before it could listen'));
        if (stopping) return;
        onDeath(worker.process.pid);
        setTimeout(() => !stopping && start().catch(() => {}), Date.now() - since < 5000 ? 1000 : 0);
      });
    });

  // The first worker binds the port (0 picks one); the others share it.
  for (let i = 0; i < size; i += 1) port = await start();

  return {
    port,
    async stop() {
      stopping = true;
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        workers.map(
          (worker) =>
            new Promise<void>((resolve) => {
              worker.once('exit', () => resolve());
              worker.process.kill('SIGTERM');
            }),
        ),
      );
    },
  };
};

export const isWorker = (): boolean => cluster.isWorker;

/** In a worker: tells the first process that this one serves. */
export const announceReady = (port: number): void => {
  process.send?.({ type: 'ready', port } satisfies FromWorker);
};

/** In a worker: lets the process end; its line to the first process would keep it alive. */
export const leaveFleet = (): void => process.disconnect();

/** In a worker: offers this worker's metrics, and answers those of all, asked of the first process. */
export const fleetMetrics = (own: Registry): (() => Promise<string>) => {
  AggregatorRegistry.setRegistries(own);
  new AggregatorRegistry();
  const waiting = new Map<number, (text: string) => void>();
  let next = 0;
  process.on('message', (message: MetricsAnswer) => {
    if (message?.type !== 'metrics') return;
    waiting.get(message.id)?.(message.text);
    waiting.delete(message.id);
  });
  return () =>
    new Promise((resolve) => {
      next += 1;
      waiting.set(next, resolve);
      process.send?.({ type: 'metrics?', id: next } satisfies FromWorker);
    });
};
