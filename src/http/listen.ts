import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly port: number;
  /**
   * Stops accepting, lets running requests finish, also those whose callers have gone, and ends what is still open
   * after `patienceMs`.
   */
  stop(patienceMs: number): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Listens with bounds on how slowly a request may arrive. */
export const listen = async (handler: Handler, host: string, port: number): Promise<Listening> => {
  const running = new Set<Promise<void>>();
  const server: Server = createServer(
    { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 10_000 },
    (request, response) => {
      const work = handler(request, response).finally(() => running.delete(work));
      running.add(work);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: (patienceMs) =>
      new Promise((resolve) => {
        const impatient = setTimeout(() => {
          server.closeAllConnections();
          resolve();
        }, patienceMs);
        server.close(async () => {
          await Promise.all(running);
          clearTimeout(impatient);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
};
