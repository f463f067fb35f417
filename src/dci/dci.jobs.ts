import type { Sender } from '../delivery/index.ts';
import { answerersOf } from './answerers.ts';
import type { DciDeps } from './deps.ts';
import { type PostDeps, postEnvelope } from './post-envelope.ts';
import { startConsumer } from './subscriptions/consumer.ts';
import { NOTIFY } from './subscriptions/notification.ts';
import { sendNotification } from './subscriptions/send-notification.ts';
import { CALLBACK, sendCallback } from './transactions/callback.ts';
import { startTransactionWorker } from './transactions/work.ts';

export type DciJobsDeps = DciDeps &
  Pick<PostDeps, 'http' | 'bearers' | 'ledger'> & {
    /** `DELIVERY_RETRY_BASE_MS` */
    readonly retryBaseMs: number;
  };

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
    senders: {
      [CALLBACK]: sendCallback({ db, peers, post, encryptMessage }),
      [NOTIFY]: sendNotification({ ...deps, post }),
    },
    start() {
      const worker = startTransactionWorker({ ...deps, answerers: answerersOf(deps) });
      const consumer = startConsumer(deps);
      return {
        async stop() {
          await Promise.all([worker.stop(), consumer.stop()]);
        },
      };
    },
  };
};
