import type { JsonObject } from '../core/json.ts';
import type { Tx } from '../storage/index.ts';
import type { PublicJwk, Verification } from '../trust/ports.ts';

/**
 * What an entry is about: a `message` between us and a peer, an `access` through another door (the audit row), an
 * `aggregate` of calls by strangers beyond the rate that is kept one by one, or an `erasure` of bodies.
 */
export const entryKinds = ['message', 'access', 'aggregate', 'erasure'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** What was found out about a message's signature, and why its key was believed. */
export interface RecordedSignature extends Verification {
  /** For whom the key was trusted: the registered sender; on messages of ours, the id we present. */
  readonly sender?: string;
  /** How the key was known: `registered`, `own`, or the address of the key set it came from. */
  readonly keySource?: string;
}

/** One entry as a door hands it in. Nothing in it but `body` and `subjects` may name a person. */
export interface EntryDraft {
  readonly kind: Exclude<EntryKind, 'aggregate' | 'erasure'>;
  /** `in`: they sent it to us (requests, and answers to ours). `out`: we sent it. */
  readonly direction: 'in' | 'out';
  /** Method and path without query, e.g. `POST /registry/sync/search`; for a callback the address it went to. */
  readonly endpoint: string;
  /** When the message was received or sent; RFC 3339 in UTC. */
  readonly at: string;
  /** Sender id, or id of the client or user, as far as it was established. */
  readonly peer?: string;
  /** HTTP status the request was answered with. */
  readonly status?: number;
  readonly messageId?: string;
  readonly transactionId?: string;
  readonly correlationId?: string;
  /** The code of the fault by which the message was refused. */
  readonly refusal?: string;
  readonly signature?: RecordedSignature;
  /** The request this answers: a seq, or the place of a draft in the same list. */
  readonly replyTo?: number | { readonly draft: number };
  /** The message this is the later answer to (callback, notification). */
  readonly callbackOf?: { readonly peer: string; readonly messageId: string };
  /** Further facts that name nobody; they stay when the body is erased. */
  readonly facts?: JsonObject;
  /** The exact bytes on the wire. */
  readonly body?: Buffer;
  /** The identifiers of people named in the body, as written: kept as keyed hashes, so that erasure finds them. */
  readonly subjects?: readonly string[];
}

/** The numbers given to entries; filled in by the time the transaction has committed. */
export interface Appended {
  readonly seqs: readonly number[];
}

/** Writes to the ledger. */
export interface LedgerWriter {
  /**
   * Appends within a transaction that changes state: the entries commit with it or not at all. They are numbered at
   * its end, under the order lock.
   */
  append(tx: Tx, drafts: readonly EntryDraft[]): Appended;
  /** Appends for a read-only request; answers once durable. Many callers share one commit. */
  record(drafts: readonly EntryDraft[]): Promise<readonly number[]>;
  /**
   * Records what came from a caller nobody knows: only the first 4 KiB of its body are kept beside the hash of the
   * whole, and beyond a rate only counts.
   */
  recordStranger(draft: EntryDraft): Promise<void>;
}

/** What another part keeps of messages beside the ledger, by keys of its own: it goes with them. */
export interface Copies<Key extends number | string = number | string> {
  /** Where they are kept. */
  readonly tables: readonly string[];
  /** Those that name an identifier of a person. */
  findSubject(identifier: string): Promise<readonly Key[]>;
  /** Some of those that go when the messages of one direction from before `before` go; empty when there are no more. */
  findOlder(direction: 'in' | 'out', before: string, limit: number): Promise<readonly Key[]>;
  /** Erases them in the transaction of the messages' erasure; answers how many there still were. */
  erase(tx: Tx, found: readonly Key[]): Promise<number>;
}

/** Signs checkpoints. */
export interface CheckpointSigner {
  /** Our active Ed25519 key. */
  current(): Promise<{
    readonly jwk: PublicJwk;
    readonly sign: (text: Buffer) => Buffer;
  }>;
  /** All our public signing keys, retired ones included: old checkpoints and messages must stay verifiable. */
  publicKeys(): Promise<readonly PublicJwk[]>;
}
