import type { Sender } from '../delivery/index.ts';
import { answerersOf } from './answerers.ts';
import type { DciDeps } from './deps.ts';
import { type PostDeps, postEnvelope } from './post-envelope.ts';
import { CALLBACK, sendCallback } from './transactions/callback.ts';
import { startTransactionWorker } from './transactions/work.ts';

export type DciJobsDeps = DciDeps & Pick<PostDeps, 'http' | 'bearers' | 'ledger'>;

/** What runs beside the DCI door, in one process of a server. */
export interface DciJobs {
  /** Who sends which kind of delivery. */
  readonly senders: Readonly<Record<string, Sender>>;
  start(): { stop(): Promise<void> };
}

export const dciJobs = (deps: DciJobsDeps): DciJobs => {
  const { db, peers, encryptMessage } = deps;
  const post = postEnvelope({ ...deps, senderId: deps.config.senderId });
  return {
    senders: { [CALLBACK]: sendCallback({ db, peers, post, encryptMessage }) },
    start: () => startTransactionWorker({ ...deps, answerers: answerersOf(deps) }),
  };
};
