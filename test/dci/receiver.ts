import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as the receiver got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly json: any;
  readonly at: number;
}

/** How a call is answered; without it with an Ack. */
export type Answering = (response: ServerResponse, received: Received, nth: number) => void;

export interface Receiver {
  /** Its address, without a path. */
  readonly url: string;
  readonly received: Received[];
  answering: Answering;
  /** Waits for the calls to be as many. */
  count(n: number): Promise<readonly Received[]>;
  stop(): Promise<void>;
}

export const acks: Answering = (response, { json }) => {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const correlation = json?.message?.correlation_id ?? 'c';
  const timestamp = new Date().toISOString();
  response.end(JSON.stringify({ message: { ack_status: 'ACK', timestamp, correlation_id: correlation } }));
};

const LONGEST_MS = 10_000;

/** The callback side of a peer: keeps what comes, and answers as the test says. */
export const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const call = { path: request.url ?? '', headers: request.headers, json: JSON.parse(text), at: Date.now() };
      received.push(call);
      receiver.answering(response, call, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answering: acks,
    async count(n) {
      const since = Date.now();
      while (received.length < n) {
        if (Date.now() - since > LONGEST_MS) throw new Error(`${received.length} of ${n} calls came`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return received;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
};
