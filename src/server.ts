import { doorsOf, type Ground, openGround, startJobs } from './app.ts';
import { announceReady, fleetMetrics, isWorker, leaveFleet, startFleet } from './cluster.ts';
import type { Config } from './config/index.ts';
import type { Logger } from './core/log.ts';
import { createHttpApp, createMetrics, healthRoutes, listen } from './http/index.ts';

// How long running requests may still take after SIGTERM before their connections are cut.
const DRAIN_MS = 10_000;

/** A running server: where it answers, and how to end it. */
export interface RunningServer {
  readonly url: string;
  readonly ground: Ground;
  stop(): Promise<void>;
}

const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Starts serving and answers once requests are. With `WORKERS` above 1 this process looks after the workers and runs
 * the background jobs; in a worker it serves only.
 */
export const startServer = async (config: Config, log: Logger): Promise<RunningServer> => {
  const ground = await openGround(config, log);
  if (config.workers > 1 && !isWorker()) {
    const jobs = startJobs(ground);
    const fleet = await startFleet(config.workers, (pid) =>
      log.error({ worker: pid }, 'a worker died; starting another'),
    );
    const url = urlOf(config.httpHost, fleet.port);
    ground.listensAt(url);
    return {
      url,
      ground,
      async stop() {
        await fleet.stop();
        await jobs.stop();
        await ground.close();
      },
    };
  }

  let stopping = false;
  const metrics = createMetrics();
  const health = healthRoutes({
    ping: () => ground.db.ping(),
    isStopping: () => stopping,
    metrics,
    ...(isWorker() ? { exposition: fleetMetrics(metrics.registry) } : {}),
  });
  const app = createHttpApp({ log, metrics, doors: [...doorsOf(ground, metrics), health] });
  const server = await listen(app.callback(), config.httpHost, config.httpPort);
  const url = urlOf(config.httpHost, server.port);
  ground.listensAt(url);
  const jobs = isWorker() ? undefined : startJobs(ground);
  if (isWorker()) announceReady(server.port);
  return {
    url,
    ground,
    async stop() {
      stopping = true;
      await server.stop(DRAIN_MS);
      await jobs?.stop();
      await ground.close();
      if (isWorker()) leaveFleet();
    },
  };
};
