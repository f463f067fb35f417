import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Programmes } from '../programmes/index.ts';
import type { Kind, Registry, Writer } from '../registry/index.ts';
import type { BlobStore, Database, Tx } from '../storage/index.ts';
import type { CentralForm } from './central/api.ts';
import type { CentralClient } from './central/client.ts';
import type { MappedRegistrant } from './mapping/map-registrant.ts';
import type { Mapping } from './mapping/model.ts';
import type { Source } from './sources.store.ts';
import type { Place } from './submissions.store.ts';
import type { Tally } from './tally.ts';

/** What one poll of one source works with. Its stages take it in turn. */
export interface PollContext {
  /** As it is stored when the poll begins, its form checked against Central. */
  readonly source: Source;
  /** Where the ledger of this source's present form is. */
  readonly place: Place;
  readonly mapping: Mapping;
  readonly central: CentralForm;
  /** For what lies beside the form: entity lists. */
  readonly client: CentralClient;
  readonly db: Database;
  readonly registry: Registry;
  readonly programmes: Programmes;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whom the feed and the provenance name: `odk:NAME`. */
  readonly writer: Writer;
  /** As `db.write`; rolls back when another process has taken the source over meanwhile. Every write goes this way. */
  readonly write: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Somebody waits for this poll: everything due is done at once, whatever its back-off time says. */
  readonly eager: boolean;
  readonly tally: Tally;
}

/** A part of a poll. It may be killed at any moment and is run again with the next poll. */
export interface PollStage {
  readonly name: string;
  readonly run: (context: PollContext) => Promise<void>;
}

/** A registrant made or updated from a submission, with the files that the answers name for it. */
export interface AppliedRegistrant {
  readonly id: string;
  readonly kind: Kind;
  readonly mapped: MappedRegistrant;
}

export interface AppliedSubmission {
  readonly instanceId: string;
  /** The group (or the person) made of it first, then its members. */
  readonly registrants: readonly AppliedRegistrant[];
}

/** What an `AfterApply` may know; there need not be a Central (a retry works on what is staged). */
export type ApplyContext = Pick<
  PollContext,
  'source' | 'place' | 'mapping' | 'registry' | 'programmes' | 'clock' | 'log' | 'writer'
>;

/**
 * Takes note of submissions that were imported, in the transaction that imports them: its files are queued so. It
 * sees every imported submission again whenever that is mapped again.
 */
export type AfterApply = (tx: Tx, context: ApplyContext, applied: readonly AppliedSubmission[]) => Promise<void>;
