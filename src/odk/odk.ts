import type { Clock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Logger } from '../core/log.ts';
import type { HttpClient } from '../net/index.ts';
import type { Programmes } from '../programmes/index.ts';
import type { Registry } from '../registry/index.ts';
import type { BlobStore, Database } from '../storage/index.ts';
import type { SecretBox } from '../trust/index.ts';
import { createAdd } from './add.ts';
import { createApply } from './apply/apply.ts';
import type { RetryPolicy } from './central/retry.ts';
import { createCentrals } from './centrals.ts';
import type { ConfiguredSource } from './configured.ts';
import { queueFiles } from './files/queue.ts';
import { filesStage } from './files/stage.ts';
import { holdSource } from './hold-source.ts';
import { createEngine } from './mapping/expressions/engine.ts';
import { createMeasures } from './measures.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { createPoll, type PollOptions, type PollReport } from './poll.ts';
import { type Polling, startPolling } from './polling.ts';
import { createPreview } from './preview.ts';
import { createPublishStage } from './publish/stage.ts';
import { createRetry } from './retry.ts';
import { reviewStage } from './review/stage.ts';
import { deleteSource, readSource } from './sources.store.ts';
import { createStatus } from './status.ts';

export interface OdkDeps {
  readonly db: Database;
  readonly registry: Registry;
  readonly programmes: Programmes;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** To Centrals: operators name them, so they may lie anywhere. */
  readonly http: HttpClient;
  /** Passwords of sources stand in the database under this. */
  readonly secrets: SecretBox;
  readonly configured: readonly ConfiguredSource[];
  readonly retry?: RetryPolicy;
}

// A Central that is away when the configuration names a new source is asked again after this.
const CONFIGURED_AGAIN_MS = 60_000;

/** The importer: its verbs, on one database. */
export const createOdk = (deps: OdkDeps) => {
  const { db, registry, programmes, clock, log, configured, secrets } = deps;
  const engine = createEngine();
  const http = oneAtATime(deps.http);
  const centrals = createCentrals({ http, clock, secrets, ...(deps.retry ? { retry: deps.retry } : {}) });
  const apply = createApply({ engine, after: [queueFiles] });
  const add = createAdd({ db, registry, clock, centrals, secrets, engine });
  const further = [filesStage, reviewStage, createPublishStage(engine)];
  const poll = createPoll({ ...deps, centrals, apply, further });
  const preview = createPreview({ db, registry, programmes, clock, log, centrals, engine });
  const retry = createRetry({ db, registry, programmes, clock, log, apply });
  const status = createStatus({ db, clock });

  const isUpToDate = async ({ name, configured: digest }: ConfiguredSource): Promise<boolean> =>
    (await db.read((reader) => readSource(reader, name)))?.settings.configured === digest;

  /** Brings one source of the configuration file in before something is done with it. */
  const ensure = async (name: string): Promise<void> => {
    const listed = configured.find((one) => one.name === name);
    if (listed && !(await isUpToDate(listed))) await add(listed);
  };

  const again = new Map<string, number>();
  const bringConfigured = async (): Promise<void> => {
    for (const one of configured) {
      if ((again.get(one.name) ?? 0) > clock() || (await isUpToDate(one))) continue;
      try {
        const { warnings } = await add(one);
        log.info({ source: one.name, warnings: warnings.length }, 'a source of the configuration file was added');
      } catch (error) {
        again.set(one.name, clock() + CONFIGURED_AGAIN_MS);
        log.warn({ source: one.name, err: error }, 'a source of the configuration file cannot be added');
      }
    }
  };

  return {
    add,
    status,
    measures: createMeasures({ db, clock }),
    async sync(name: string, options: Omit<PollOptions, 'held'> = {}): Promise<PollReport> {
      await ensure(name);
      return await poll(name, options);
    },
    async preview(...[name, options]: Parameters<typeof preview>) {
      await ensure(name);
      return await preview(name, options);
    },
    retry,
    /** Forgets a source with its ledger; what it imported stays in the registry. */
    async remove(name: string): Promise<void> {
      const held = await holdSource(db, name);
      try {
        const removed = await held.write((tx) => deleteSource(tx, name));
        if (!removed) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
      } finally {
        await held.release();
      }
    },
    /** Milliseconds from one poll of a source to the next. */
    async intervalOf(name: string): Promise<number> {
      const source = await db.read((reader) => readSource(reader, name));
      if (!source) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
      return source.settings.everyMs;
    },
    startPolling: (): Polling => startPolling({ db, clock, log, poll, bringConfigured }),
    async close(): Promise<void> {
      await centrals.close();
      await engine.close();
    },
  };
};

export type Odk = ReturnType<typeof createOdk>;
