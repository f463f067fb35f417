import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as validators from '#validators';
import { operationNames, operationOf } from '../../../src/dci/operations.ts';
import type { RegistryName } from '../../../src/dci/registries/all.ts';
import { createDemoPeer } from '../../../src/demo/peer.ts';
import { createTestPeer, type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Published, publishedRequest } from '../reference.ts';

/** A request as it reached the other registry. */
export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly envelope: any;
}

export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, all else as JSON. */
  readonly body: unknown;
}

export type Script = (heard: Heard) => Said | Promise<Said>;

/** Another registry, written by nobody of ours: it checks what reaches it, and answers by a script. */
export interface FakeRegistry {
  readonly url: string;
  readonly peer: TestPeer;
  readonly heard: Heard[];
  answer(script: Script): void;
  /** An answer to a search, signed. */
  onSearch(heard: Heard, items: readonly object[], header?: Record<string, unknown>): Envelope;
  stop(): Promise<void>;
}

const emitted: Readonly<Record<string, Published>> = {
  search: validators.emitSearch as Published,
  'sync/search': validators.emitSearch as Published,
  subscribe: validators.emitSubscribe as Published,
  unsubscribe: validators.emitUnsubscribe as Published,
  'txn/status': validators.emitTxnStatus as Published,
  'sync/txn/status': validators.emitTxnStatus as Published,
};

const assertFits = (validate: Published | undefined, value: unknown, whose: string): void => {
  if (!validate || validate(value)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  assert.fail(`does not fit ${whose} schema: ${problems.slice(0, 5).join('; ')} in ${JSON.stringify(value)}`);
};

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export const ack = (correlationId: unknown = randomUUID(), status = 'ACK'): Said => ({
  body: { message: { ack_status: status, timestamp: now(), correlation_id: correlationId } },
});

export interface FakeOptions {
  readonly senderId: string;
  readonly registry: RegistryName;
  /** Our published keys. */
  readonly jwks: () => Promise<object>;
  /** Checks of shape are left out: for messages that are no standard ones. */
  readonly lenient?: boolean;
}

export const startFakeRegistry = async ({ senderId, registry, jwks, lenient }: FakeOptions): Promise<FakeRegistry> => {
  const peer = createTestPeer(senderId);
  const outsider = createDemoPeer('outsider.example.org', senderId);
  const heard: Heard[] = [];
  let script: Script = () => ack();

  const check = async ({ path, envelope, text }: Heard): Promise<void> => {
    const name = operationNames.find((one) => path.endsWith(`/registry/${operationOf(one).path}`));
    assert.ok(name, `nobody asks at ${path}`);
    if (!lenient) {
      assertFits(emitted[name], envelope, 'our');
      assertFits(publishedRequest(registry, `/registry/${operationOf(name).path}`), envelope, 'the published');
    }
    assert.equal(outsider.problemWith(text, (await jwks()) as never), undefined);
  };

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', async () => {
      const text = Buffer.concat(pieces).toString('utf8');
      const send = (status: number, headers: Readonly<Record<string, string>>, body: string): void => {
        response.writeHead(status, headers);
        response.end(body);
      };
      try {
        const isToken = request.url?.includes('token') === true;
        const one: Heard = {
          path: request.url ?? '',
          headers: request.headers,
          text,
          envelope: isToken ? undefined : JSON.parse(text),
        };
        heard.push(one);
        if (!isToken) await check(one);
        const { status = 200, headers = {}, body } = await script(one);
        send(status, headers, typeof body === 'string' ? body : JSON.stringify(body));
      } catch (error) {
        send(500, {}, `the fake registry found fault: ${(error as Error).message}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    peer,
    heard,
    answer: (next) => {
      script = next;
    },
    onSearch: ({ envelope }, items, header = {}) =>
      signString(peer, {
        header: {
          version: '1.0.0',
          message_id: randomUUID(),
          message_ts: now(),
          action: 'on-search',
          status: 'succ',
          sender_id: senderId,
          receiver_id: envelope.header.sender_id,
          total_count: items.length,
          ...header,
        },
        message: {
          transaction_id: envelope.message.transaction_id,
          correlation_id: randomUUID(),
          search_response: items,
        },
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** An item of an answer, with its records. */
export const found = (records: unknown, more: object = {}): object => ({
  reference_id: '1',
  timestamp: now(),
  status: 'succ',
  data: { version: '1.0.0', reg_type: 'ns:org:RegistryType:Civil', reg_record_type: 'Person', reg_records: records },
  ...more,
});
