import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AccessLog,
  type Clients,
  type ClientTokens,
  createAccessLog,
  createClients,
  createClientTokens,
  createPeerDirectory,
  createPeers,
  createPeerTokens,
  keptTokenSecret,
  type PeerDirectory,
  type Peers,
  type PeerTokens,
} from './access/index.ts';
import { tokenRoutes } from './api-v2/token.routes.ts';
import { type AskPeers, openAskPeers } from './ask-peers.ts';
import { auditRoutes } from './audit/audit.routes.ts';
import type { Config } from './config/index.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Logger } from './core/log.ts';
import { dciJobs } from './dci/dci.jobs.ts';
import { dciRoutes } from './dci/dci.routes.ts';
import type { DciDeps } from './dci/deps.ts';
import { createInbox } from './dci/inbox/inbox.ts';
import { notificationCopies, subscriptionCopies } from './dci/subscriptions/erase.ts';
import { measureSubscriptions } from './dci/subscriptions/metrics.ts';
import { createSubscriptions, type Subscriptions } from './dci/subscriptions/subscriptions.ts';
import type { TakeRecords } from './dci/take-records.ts';
import { testTriggerRoutes } from './dci/test-trigger.routes.ts';
import { peerTokenRoutes } from './dci/token.routes.ts';
import { transactionCopies } from './dci/transactions/erase.ts';
import { startRunner } from './delivery/index.ts';
import { createEndRecords } from './exchange/import/end.ts';
import { createTakeRecords } from './exchange/import/take.ts';
import type { Door, Metrics } from './http/index.ts';
import { type Ledger, openLedger, signerOfKeys } from './ledger/index.ts';
import { measureDeliveries } from './measure-deliveries.ts';
import { measureKeys } from './measure-keys.ts';
import { createHttpClient, type HttpClient } from './net/index.ts';
import { readConfiguredSources } from './odk/configured.ts';
import { registerOdkMetrics } from './odk/metrics.ts';
import { odkRoutes } from './odk/odk.routes.ts';
import { createOdk, type Odk } from './odk/odk.ts';
import { openPeerWire, type PeerWire } from './peer-wire.ts';
import { createProgrammes, type Programmes } from './programmes/index.ts';
import { recordDci } from './record-dci.ts';
import { createRegistry, type Registry } from './registry/index.ts';
import { type BlobStore, type Database, openDatabase, openFolderBlobs } from './storage/index.ts';
import {
  createSeenMessages,
  type KeyOptions,
  type OwnKeys,
  openKeys,
  openSecretBox,
  type SecretBox,
} from './trust/index.ts';

/**
 * Everything that stands on one configuration, put together once: what a server serves from and what a command works
 * on. This file is the only place where all parts meet; a dependency is a function's argument everywhere else.
 */
export interface Ground {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly registry: Registry;
  readonly programmes: Programmes;
  readonly ledger: Ledger;
  readonly accessLog: AccessLog;
  readonly odk: Odk;
  /** Our side towards other registries. */
  readonly asking: AskPeers;
  readonly peers: Peers;
  readonly peerDirectory: PeerDirectory;
  readonly clients: Clients;
  readonly tokens: ClientTokens;
  /** Signs the tokens of clients and peers. */
  readonly tokenSecret: string;
  readonly keys: OwnKeys;
  readonly keyOptions: KeyOptions;
  /** What we come to peers by stands in the database under this. */
  readonly secrets: SecretBox;
  /** Outbound requests to addresses that come from messages and peers. */
  readonly peerHttp: HttpClient;
  readonly wire: PeerWire;
  /** Takes records that peers send into the registry. */
  readonly takeRecords: TakeRecords;
  /** How others reach us: `PUBLIC_URL`, else where we listen. */
  readonly publicUrl: () => string;
  /** Told once the server listens: the port may have been for the system to choose. */
  readonly listensAt: (url: string) => void;
  /** What peers are told of, as an operator sees it. */
  readonly subscriptions: Subscriptions;
  /** Every sender id we go by: our own, and those that peers know us under. */
  readonly senderIds: () => Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens database (migrated), keys and all verbs. */
export const openGround = async (config: Config, log: Logger, clock: Clock = systemClock): Promise<Ground> => {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const keyOptions: KeyOptions = {
    directory: join(config.dataDir, 'keys'),
    ...(config.keyPassphrase === undefined ? {} : { passphrase: config.keyPassphrase }),
    clock,
    log,
  };
  // Making RSA keys takes a second on the first start; the schema is made meanwhile.
  const openingKeys = openKeys(keyOptions);
  openingKeys.catch(() => {});
  const db = await openDatabase({ url: config.databaseUrl, log });
  try {
    const migrations = await db.migrate();
    if (migrations.length > 0) log.info({ migrations }, 'the schema was brought up to date');
    const keys = await openingKeys;
    const secrets = openSecretBox(join(config.dataDir, 'peer-secrets.key'));
    const ledger = await openLedger({
      db,
      clock,
      log,
      signer: signerOfKeys(keys, config.dciSenderId),
      origin: `${config.dciSenderId}/ledger`,
      copies: [transactionCopies({ db, clock }), subscriptionCopies({ db, clock }), notificationCopies({ db })],
    });
    const accessLog = createAccessLog({ ledger, clock });
    const peers = createPeers({ db, clock, secrets, accessLog });
    const peerDirectory = createPeerDirectory(db);
    const clients = createClients({ db, clock, accessLog });
    const tokenSecret = config.apiTokenSecret ?? keptTokenSecret(config.dataDir);
    const tokens = createClientTokens({ clients, secret: tokenSecret, clock });
    const peerHttp = createHttpClient({ allowPrivate: config.dciAllowPrivateCallbacks });
    const registry = createRegistry({ db, clock, log });
    const programmes = createProgrammes({ db, registry, clock });
    const blobs = openFolderBlobs(join(config.dataDir, 'blobs'));
    const centralHttp = createHttpClient({ allowPrivate: true });
    const odk = createOdk({
      db,
      registry,
      programmes,
      blobs,
      clock,
      log,
      http: centralHttp,
      secrets: openSecretBox(join(config.dataDir, 'odk-secrets.key')),
      configured: readConfiguredSources(config.sources, config.configFile),
    });
    let boundTo: string | undefined;
    const publicUrl = (): string => (config.publicUrlGiven ? config.publicUrl : (boundTo ?? config.publicUrl));
    const wire = openPeerWire({ config, log, clock, keys, secrets, peerHttp });
    const takeRecords = createTakeRecords({ registry, programmes, clock });
    const asking = openAskPeers({
      config,
      log,
      clock,
      db,
      ledger,
      peerDirectory,
      wire,
      takeRecords,
      publicUrl,
    });
    return {
      config,
      log,
      clock,
      db,
      blobs,
      registry,
      programmes,
      ledger,
      accessLog,
      odk,
      asking,
      peers,
      peerDirectory,
      clients,
      tokens,
      tokenSecret,
      keys,
      keyOptions,
      secrets,
      peerHttp,
      wire,
      takeRecords,
      publicUrl,
      listensAt(url) {
        boundTo = url;
      },
      subscriptions: createSubscriptions({ db, clock }),
      senderIds: async () => {
        const known = (await peers.list()).filter(({ active }) => active).flatMap(({ ourId }) => ourId ?? []);
        return [...new Set([config.dciSenderId, ...known])];
      },
      async close() {
        await odk.close();
        await ledger.close();
        keys.close();
        await peerHttp.close();
        await centralHttp.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw error;
  }
};

/** What the DCI door and its jobs stand on. */
const dciDeps = (ground: Ground): DciDeps & { readonly tokens: PeerTokens } => {
  const { config, clock, log, db, wire, takeRecords } = ground;
  const tokens = createPeerTokens({
    directory: ground.peerDirectory,
    keySets: wire.keySets,
    secret: ground.tokenSecret,
    clock,
  });
  const calls = recordDci({ db, ledger: ground.ledger, seenMessages: createSeenMessages(clock), clock });
  const endRecords = createEndRecords({ registry: ground.registry, clock });
  return {
    config: {
      senderId: config.dciSenderId,
      registry: config.dciRegistry,
      signatures: config.dciSignatures,
      rateLimit: config.dciRateLimit,
      maxSubscriptions: config.dciMaxSubscriptions,
      maxBody: config.maxBody,
      reach: config.dciAllowPrivateCallbacks ? 'private' : 'public',
      mockup: config.dciMockupMode,
    },
    db,
    peers: ground.peerDirectory,
    tokens,
    verifier: wire.verifier,
    signer: wire.signer,
    registry: ground.registry,
    takeRecords,
    decryptMessage: wire.decryptMessage,
    encryptMessage: wire.encryptMessage,
    calls,
    inbox: createInbox({ db, calls, takeRecords, endRecords, clock }),
    jwks: async () => ground.keys.jwks(await ground.senderIds()),
    clock,
    log,
  };
};

/** The doors of a server, in the order they are tried. */
export const doorsOf = (ground: Ground, metrics: Metrics): readonly Door[] => {
  const { clock, log } = ground;
  measureSubscriptions(metrics, ground.subscriptions);
  const dci = dciDeps(ground);
  registerOdkMetrics(metrics, ground.odk);
  measureKeys(ground.keys, clock, metrics);
  measureDeliveries(ground.db, clock, metrics);
  return [
    dciRoutes(dci),
    peerTokenRoutes({ tokens: dci.tokens, accessLog: ground.accessLog }),
    ...(ground.config.dciTestTrigger
      ? [testTriggerRoutes({ client: ground.asking.client, peers: ground.peers, registry: dci.config.registry, log })]
      : []),
    auditRoutes({ ledger: ground.ledger, tokens: ground.tokens, accessLog: ground.accessLog }),
    odkRoutes({ odk: ground.odk, ledger: ground.ledger, tokens: ground.tokens, clock }),
    tokenRoutes({ clients: ground.clients, tokens: ground.tokens, accessLog: ground.accessLog }),
  ];
};

/** Work that runs beside the requests, in one process of a server. */
export interface Jobs {
  stop(): Promise<void>;
}

export const startJobs = (ground: Ground): Jobs => {
  const { config, clock, log, db, wire, ledger } = ground;
  const dci = dciJobs({
    ...dciDeps(ground),
    http: wire.http,
    bearers: wire.bearers,
    ledger,
    retryBaseMs: config.deliveryRetryBaseMs,
  });
  const running = [
    ledger.startCheckpoints(),
    ledger.startRetention({ in: config.ledgerKeepInDays, out: config.ledgerKeepOutDays }),
    startRunner({ db, clock, log, retryBaseMs: config.deliveryRetryBaseMs, senders: dci.senders }),
    dci.start(),
    ground.asking.pulls.start(),
    ground.odk.startPolling(),
  ];
  return {
    async stop() {
      // The last to be started is the first to end: no job goes on without what it stands on.
      for (const job of running.reverse()) await job.stop();
    },
  };
};
