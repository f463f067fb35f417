import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A port that is free just now: for servers that must know their address before they start. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
