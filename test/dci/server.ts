import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeerDirectory, createPeers, type PeerSettings, type Peers } from '../../src/access/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { createBearers } from '../../src/dci/client/bearer.ts';
import { dciJobs } from '../../src/dci/dci.jobs.ts';
import { dciRoutes } from '../../src/dci/dci.routes.ts';
import type { DciConfig, DciDeps } from '../../src/dci/deps.ts';
import { createInbox } from '../../src/dci/inbox/inbox.ts';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { notificationCopies, subscriptionCopies } from '../../src/dci/subscriptions/erase.ts';
import { transactionCopies } from '../../src/dci/transactions/erase.ts';
import { startRunner } from '../../src/delivery/index.ts';
import { createEndRecords } from '../../src/exchange/import/end.ts';
import { createTakeRecords } from '../../src/exchange/import/take.ts';
import { createHttpApp, createMetrics, listen } from '../../src/http/index.ts';
import { type Ledger, openLedger, signerOfKeys } from '../../src/ledger/index.ts';
import { createHttpClient, type HttpClient } from '../../src/net/index.ts';
import { createProgrammes, type Programmes } from '../../src/programmes/index.ts';
import { recordDci } from '../../src/record-dci.ts';
import { createRegistry, type Registry } from '../../src/registry/index.ts';
import type { Database } from '../../src/storage/index.ts';
import {
  createEncryption,
  createKeySets,
  createSeenMessages,
  createSigner,
  createVerifier,
  openKeys,
  openSecretBox,
} from '../../src/trust/index.ts';
import { freshSqlite } from '../support/stores.ts';
import { createTestPeer, type Envelope, type TestPeer } from './peer.ts';
import { assertSearchShape } from './shapes.ts';

/** An answer as it came over the socket. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly json: any;
}

export interface SearchPath {
  readonly path?: string;
  /** The registry that answers there; by default the one that is configured. */
  readonly registry?: RegistryName;
}

export interface DciServer {
  readonly db: Database;
  readonly registry: Registry;
  readonly url: string;
  readonly deps: DciDeps;
  readonly programmes: Programmes;
  readonly ledger: Ledger;
  readonly peers: Peers;
  addPeer(senderId: string, settings?: PeerSettings): Promise<{ peer: TestPeer; token: string }>;
  post(
    path: string,
    body: Envelope | string | Buffer,
    token?: string,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Posts to a synchronous search, and checks the shape of whatever comes back. */
  search(body: Envelope | string | Buffer, token?: string, at?: SearchPath): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** From now on asynchronous messages are worked on, and answers delivered. */
  startJobs(): void;
  stop(): Promise<void>;
}

const noKeySets = createKeySets({
  fetch: async () => {
    throw new Error('no key set is fetched in this test');
  },
  cacheSeconds: 300,
});

const defaults: DciConfig = {
  senderId: 'crosswalk.test',
  registry: 'social',
  signatures: 'required',
  rateLimit: 0,
  maxSubscriptions: 100,
  maxBody: 1024 * 1024,
  reach: 'private',
};

/** The DCI door on a real socket, over a database, with real keys. */
export const startDciServer = async (
  given: {
    readonly db?: Database;
    readonly config?: Partial<DciConfig>;
    readonly deps?: Partial<DciDeps>;
    /** Works on asynchronous messages and delivers from the start. */
    readonly jobs?: boolean;
    /** Stands between the jobs and the network. */
    readonly http?: (client: HttpClient) => HttpClient;
    /** Milliseconds between two attempts to deliver, for the first time. */
    readonly retryBaseMs?: number;
  } = {},
): Promise<DciServer> => {
  const test = given.db ? undefined : await freshSqlite();
  const db = given.db ?? (await (test as NonNullable<typeof test>).open());
  if (test) await db.migrate();
  const directory = mkdtempSync(join(tmpdir(), 'crosswalk-keys-'));
  const keys = await openKeys({ directory });
  const secrets = openSecretBox(join(directory, 'peer-secrets.key'));
  const peers = createPeers({ db, clock: systemClock, secrets });
  const registry = createRegistry({ db, clock: systemClock, log: silentLogger });
  const programmes = createProgrammes({ db, registry, clock: systemClock });
  const config = { ...defaults, ...given.config };
  const encryption = createEncryption({ keys, keySets: noKeySets });
  const signer = signerOfKeys(keys, config.senderId);
  const ledger = await openLedger({
    db,
    clock: systemClock,
    log: silentLogger,
    signer,
    origin: 'crosswalk.test/ledger',
    copies: [
      transactionCopies({ db, clock: systemClock }),
      subscriptionCopies({ db, clock: systemClock }),
      notificationCopies({ db }),
    ],
  });
  const takeRecords = createTakeRecords({ registry, programmes, clock: systemClock });
  const endRecords = createEndRecords({ registry, clock: systemClock });
  const calls = recordDci({ db, ledger, seenMessages: createSeenMessages(), clock: systemClock });
  const deps: DciDeps = {
    config,
    db,
    peers: createPeerDirectory(db),
    verifier: createVerifier({ keySets: noKeySets }),
    signer: createSigner({ keys }),
    registry,
    takeRecords,
    decryptMessage: encryption.decrypt,
    encryptMessage: encryption.encrypt,
    calls,
    inbox: createInbox({ db, calls, takeRecords, endRecords, clock: systemClock }),
    jwks: async () => keys.jwks([config.senderId]),
    clock: systemClock,
    log: silentLogger,
    ...given.deps,
  };
  const { http: between = (client) => client, retryBaseMs = 10 } = given;
  const http = between(createHttpClient({ allowPrivate: config.reach === 'private' }));
  const jobs: { stop(): Promise<void> }[] = [];
  const startJobs = (): void => {
    const bearers = createBearers({ http, secrets, clock: systemClock });
    const dci = dciJobs({ ...deps, http, bearers, ledger, retryBaseMs });
    const runner = { db, clock: systemClock, log: silentLogger, retryBaseMs, senders: dci.senders };
    jobs.push(startRunner(runner), dci.start());
  };
  if (given.jobs) startJobs();
  const app = createHttpApp({ log: silentLogger, metrics: createMetrics(), doors: [dciRoutes(deps)] });
  const server = await listen(app.callback(), '127.0.0.1', 0);
  const url = `http://127.0.0.1:${server.port}`;

  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, headers: response.headers, text, json };
  };

  const post: DciServer['post'] = (path, body, token, headers = {}) =>
    call(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });

  return {
    db,
    registry,
    url,
    deps,
    programmes,
    ledger,
    peers,
    async addPeer(senderId, settings = {}) {
      const peer = createTestPeer(senderId);
      const { token } = await peers.add(senderId, { keys: [peer.jwk as never], ...settings });
      return { peer, token };
    },
    post,
    async search(body, token, { path = '/registry/sync/search', registry = config.registry } = {}) {
      const answer = await post(path, body, token);
      assertSearchShape(answer, registry);
      return answer;
    },
    get: (path) => call(path, { method: 'GET' }),
    startJobs,
    async stop() {
      await server.stop(100);
      await Promise.all(jobs.map((job) => job.stop()));
      await http.close();
      await ledger.close();
      keys.close();
      rmSync(directory, { recursive: true, force: true });
      if (test) {
        await db.close();
        await test.drop();
      }
    },
  };
};
