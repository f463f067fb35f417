import type { PeerDirectory } from './access/index.ts';
import type { Config } from './config/index.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/log.ts';
import { type Answers, createAnswers } from './dci/client/answers.ts';
import { createDciClient, type DciClient } from './dci/client/client.ts';
import { createPull, type Pull } from './dci/client/pull.ts';
import { createPulls, type Pulls } from './dci/client/pulls.ts';
import type { TakeRecords } from './dci/take-records.ts';
import type { Ledger } from './ledger/index.ts';
import type { PeerWire } from './peer-wire.ts';
import type { Database } from './storage/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly db: Database;
  readonly ledger: Ledger;
  readonly peerDirectory: PeerDirectory;
  readonly wire: PeerWire;
  readonly takeRecords: TakeRecords;
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
  const { config, clock, log, db, ledger, peerDirectory: peers, wire, takeRecords, publicUrl } = parts;
  const client = createDciClient({
    ...wire,
    config: { senderId: config.dciSenderId, signatures: config.dciSignatures, publicUrl },
    db,
    ledger,
    peers,
    clock,
  });
  const pull = createPull({ client, peers, db, takeRecords });
  const answers = createAnswers({ db, ledger, peers, decryptMessage: wire.decryptMessage });
  return { client, pull, pulls: createPulls({ db, pull, clock, log }), answers };
};
