import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the server counts; one registry per process. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<'door' | 'method' | 'status'>;
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>;
  gauge<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
    /** How the values of several processes become one; `max` for what all of them know alike. */
    aggregator?: 'sum' | 'max',
  ): Gauge<L>;
}

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'crosswalk_' });
  return {
    registry,
    requests: new Histogram({
      name: 'crosswalk_http_request_seconds',
      help: 'Time from the request’s head to the answer’s end, by door.',
      labelNames: ['door', 'method', 'status'] as const,
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers: [registry],
    }),
    counter: (name, help, labels) => new Counter({ name, help, labelNames: labels, registers: [registry] }),
    gauge: (name, help, labels, collect, aggregator = 'sum') =>
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        aggregator,
        ...(collect
          ? {
              // What is read off the database is the same in every process of a fleet.
              aggregator: 'max',
              async collect(this: Gauge) {
                await collect(this as never);
              },
            }
          : {}),
      }),
  };
};
