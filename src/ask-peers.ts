import type { PeerDirectory } from './access/index.ts';
import type { Config } from './config/index.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/log.ts';
import { type Answers, createAnswers } from './dci/client/answers.ts';
import { createBearers } from './dci/client/bearer.ts';
import { createDciClient, type DciClient } from './dci/client/client.ts';
import { createPull, type Pull } from './dci/client/pull.ts';
import { createPulls, type Pulls } from './dci/client/pulls.ts';
import { createTakeRecords } from './exchange/import/take.ts';
import type { Ledger } from './ledger/index.ts';
import { createJwksFetcher, type HttpClient } from './net/index.ts';
import type { Registry } from './registry/index.ts';
import type { Database } from './storage/index.ts';
import {
  createEncryption,
  createKeySets,
  createSigner,
  createVerifier,
  type OwnKeys,
  type SecretBox,
} from './trust/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly db: Database;
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly peerDirectory: PeerDirectory;
  readonly keys: OwnKeys;
  readonly secrets: SecretBox;
  readonly peerHttp: HttpClient;
  readonly publicUrl: () => string;
}

/** Our side towards other registries: asking them, and taking in what they answer. */
export interface AskPeers {
  readonly client: DciClient;
  readonly pull: Pull;
  readonly pulls: Pulls;
  /** What was called back to an earlier message of ours. */
  readonly answers: Answers;
}

export const openAskPeers = (parts: Parts): AskPeers => {
  const { config, clock, log, db, keys, secrets, peerHttp, peerDirectory: peers, registry, ledger, publicUrl } = parts;
  const fetch = createJwksFetcher(peerHttp);
  const keySets = createKeySets({ fetch, cacheSeconds: config.dciJwksCacheSeconds, clock, log });
  const encryption = createEncryption({ keys, keySets });
  const client = createDciClient({
    config: { senderId: config.dciSenderId, signatures: config.dciSignatures, publicUrl },
    db,
    http: peerHttp,
    bearers: createBearers({ http: peerHttp, secrets, clock }),
    signer: createSigner({ keys, clock }),
    verifier: createVerifier({ keySets, clock }),
    decryptMessage: encryption.decrypt,
    encryptMessage: encryption.encrypt,
    ledger,
    peers,
    clock,
  });
  const pull = createPull({ client, peers, db, takeRecords: createTakeRecords({ registry, clock }) });
  const answers = createAnswers({ db, ledger, peers, decryptMessage: encryption.decrypt });
  return { client, pull, pulls: createPulls({ db, pull, clock, log }), answers };
};
