import { EventEmitter } from 'node:events';
import type { Knex } from 'knex';
import { afterCommit, knexOf, type Tx } from './tx.ts';

/** The channel on which PostgreSQL sessions tell each other that a topic was touched. */
export const CHANNEL = 'crosswalk';

/**
 * Touched when anybody has committed, where a database does not tell of what (SQLite): a `wake` of another process shows
 * as this alone.
 */
export const ANYTHING = 'anything';

const emitters = new Set<EventEmitter>();

/** Listeners of one open database, and the revisions they were last told of. */
export class Touches {
  readonly #emitter = new EventEmitter({ captureRejections: false }).setMaxListeners(0);
  #known = new Map<string, number>();

  constructor() {
    emitters.add(this.#emitter);
  }

  on(topic: string, call: () => void): () => void {
    this.#emitter.on(topic, call);
    return () => this.#emitter.off(topic, call);
  }

  emit(topic: string): void {
    this.#emitter.emit(topic);
  }

  prime(revisions: ReadonlyMap<string, number>): void {
    this.#known = new Map(revisions);
  }

  /** Tells the listeners of every topic whose revision moved since the last look. */
  compare(revisions: ReadonlyMap<string, number>): void {
    const before = this.#known;
    this.#known = new Map(revisions);
    for (const [topic, revision] of revisions) if (before.get(topic) !== revision) this.emit(topic);
  }

  dispose(): void {
    emitters.delete(this.#emitter);
    this.#emitter.removeAllListeners();
  }
}

/** The revision of each topic; empty before the first migration. */
export const readRevisions = async (knex: Knex): Promise<Map<string, number>> => {
  const rows: { topic: string; revision: number }[] = await knex('revisions').select('topic', 'revision');
  return new Map(rows.map((row) => [row.topic, Number(row.revision)]));
};

/**
 * Marks a topic (`peers`, `odk-sources`, …) as changed by this transaction, so that every process drops what it
 * cached of it: `Database.onTouch`. For rare changes; the feed has its own way.
 */
export const touch = async (tx: Tx, topic: string): Promise<void> => {
  const knex = knexOf(tx);
  await knex('revisions')
    .insert({ topic, revision: 1 })
    .onConflict('topic')
    .merge({ revision: knex.raw('revisions.revision + 1') });
  await wake(tx, topic);
};

/** As `touch` without a stored revision: a hint that there is work, for listeners that also look by themselves. */
export const wake = async (tx: Tx, topic: string): Promise<void> => {
  if (tx.profile.shared) await knexOf(tx).raw('select pg_notify(?, ?)', [CHANNEL, topic]);
  afterCommit(tx, () => {
    for (const emitter of emitters) emitter.emit(topic);
  });
};
