import type { Config } from './config/index.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/log.ts';
import { type Bearers, createBearers } from './dci/client/bearer.ts';
import { createJwksFetcher, type HttpClient } from './net/index.ts';
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
  readonly keys: OwnKeys;
  readonly secrets: SecretBox;
  readonly peerHttp: HttpClient;
}

/**
 * What makes and opens messages between us and our peers, whoever begins. One for a process: key sets and tokens are
 * fetched once, and a key that one side has learned is known to the other.
 */
export const openPeerWire = ({ config, log, clock, keys, secrets, peerHttp }: Parts) => {
  const fetch = createJwksFetcher(peerHttp);
  const keySets = createKeySets({ fetch, cacheSeconds: config.dciJwksCacheSeconds, clock, log });
  const encryption = createEncryption({ keys, keySets });
  const bearers: Bearers = createBearers({ http: peerHttp, secrets, clock });
  return {
    http: peerHttp,
    keySets,
    bearers,
    signer: createSigner({ keys, clock }),
    verifier: createVerifier({ keySets, clock }),
    decryptMessage: encryption.decrypt,
    encryptMessage: encryption.encrypt,
  };
};

export type PeerWire = ReturnType<typeof openPeerWire>;
