import { createHash, hash, randomFillSync } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { PublicJwk } from '../trust/ports.ts';
import type { EntryDraft, EntryKind, RecordedSignature } from './ports.ts';
import { createSubjectList } from './subjects.ts';

/**
 * From a door's draft to a leaf: one line of canonical JSON (RFC 8785) that commits to the body by a salted hash. The
 * salt is stored with the body and erased with it; what remains then tells nothing about what was in it, not even to
 * somebody who guesses.
 */
export const LEAF_VERSION = 1;

const SALT_BYTES = 16;

// What an unknown caller sends as ids goes into searchable columns: long enough for every id of the standards.
const MAX_LABEL = 300;

/** A commitment to some bytes. */
export interface Commitment {
  readonly hash: string;
  readonly size: number;
}

/** What can be prepared before the place in the order is known. */
export interface PreparedEntry {
  readonly draft: Omit<EntryDraft, 'kind'> & { readonly kind: EntryKind };
  /** The keyed hashes of those it names, one behind the other. */
  readonly subjects: Buffer;
  readonly stored?: { readonly salt: Buffer; readonly body: Buffer };
  readonly body?: Commitment;
  /** When only the start of the body is kept: the commitment to that start. */
  readonly kept?: Commitment | undefined;
}

// Random bytes are cheap by the thousand and dear by the call.
let pool = Buffer.alloc(0);
const newSalt = (): Buffer => {
  if (pool.length < SALT_BYTES) pool = randomFillSync(Buffer.allocUnsafe(SALT_BYTES * 256));
  const salt = pool.subarray(0, SALT_BYTES);
  pool = pool.subarray(SALT_BYTES);
  return salt;
};

// Up to so many bytes it is quicker to put both into one piece than to hash one after the other.
const SHORT = 8192;

export const commit = (salt: Buffer, bytes: Buffer): Commitment => ({
  hash:
    bytes.length <= SHORT
      ? hash('sha256', Buffer.concat([salt, bytes]), 'base64')
      : createHash('sha256').update(salt).update(bytes).digest('base64'),
  size: bytes.length,
});

const NONE = Buffer.alloc(0);

export type Prepare = (draft: Omit<EntryDraft, 'kind'> & { readonly kind: EntryKind }, keep?: number) => PreparedEntry;

/** Does what needs no place in the order: hashes the body and the subjects. With `keep`, only that many bytes of it will be stored. */
export const createPrepare = (subjectKey: Buffer): Prepare => {
  const subjectList = createSubjectList(subjectKey);
  return (draft, keep = Number.POSITIVE_INFINITY) => {
    const subjects = draft.subjects ? subjectList(draft.subjects) : NONE;
    if (draft.body === undefined) return { draft, subjects };
    const salt = newSalt();
    const start = draft.body.length > keep ? draft.body.subarray(0, keep) : draft.body;
    return {
      draft,
      subjects,
      stored: { salt, body: start },
      body: commit(salt, draft.body),
      kept: start === draft.body ? undefined : commit(salt, start),
    };
  };
};

/** Makes foreign text fit for every database and for RFC 8785: no NUL, no half surrogate pairs. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '�');

const label = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : storable(text.slice(0, MAX_LABEL));

const storableDeep = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(storableDeep);
  if (typeof value === 'string') return storable(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), storableDeep(inner)]));
};

// The members of a public key that make it that key; a registered JWK may carry anything beside them.
const KEY_MEMBERS = ['alg', 'crv', 'e', 'kid', 'kty', 'n', 'x', 'y'];

const keysSeen = new WeakMap<PublicJwk, object>();
const bareKey = (jwk: PublicJwk): object => {
  const known = keysSeen.get(jwk);
  if (known) return known;
  const bare = Object.fromEntries(
    KEY_MEMBERS.flatMap((member) => (typeof jwk[member] === 'string' ? [[member, storable(jwk[member])]] : [])),
  );
  keysSeen.set(jwk, bare);
  return bare;
};

const toSignature = (signature: RecordedSignature): object => ({
  algorithm: signature.algorithm,
  form: signature.form,
  key: signature.key && bareKey(signature.key),
  key_source: label(signature.keySource),
  kid: label(signature.kid),
  sender: label(signature.sender),
  verified: signature.verified,
});

/** The place of an entry: given out under the order lock. */
export interface Place {
  readonly seq: number;
  readonly recordedAt: string;
  readonly replyTo?: number | undefined;
}

/** The columns that are searched; each repeats a member of the leaf. */
export interface LeafColumns {
  readonly peer: string | undefined;
  readonly messageId: string | undefined;
  readonly transactionId: string | undefined;
}

/**
 * Writes the leaf. The members are built in sorted order, and all strings are well-formed and all numbers whole, so
 * that `JSON.stringify` writes the canonical form; a test holds it against `canonicalize`.
 */
export const toLeaf = ({ draft, body, kept }: PreparedEntry, place: Place): { text: string } & LeafColumns => {
  const columns = {
    peer: label(draft.peer),
    messageId: label(draft.messageId),
    transactionId: label(draft.transactionId),
  };
  const leaf = {
    at: draft.at,
    body,
    callback_of: draft.callbackOf && {
      message_id: label(draft.callbackOf.messageId),
      peer: label(draft.callbackOf.peer),
    },
    correlation_id: label(draft.correlationId),
    direction: draft.direction,
    endpoint: label(draft.endpoint),
    facts: draft.facts && storableDeep(draft.facts),
    kept,
    kind: draft.kind,
    message_id: columns.messageId,
    peer: columns.peer,
    recorded_at: place.recordedAt,
    refusal: draft.refusal,
    reply_to: place.replyTo,
    seq: place.seq,
    signature: draft.signature && toSignature(draft.signature),
    status: draft.status,
    transaction_id: columns.transactionId,
    v: LEAF_VERSION,
  };
  // Facts may hold keys that look like array indexes, which JavaScript objects reorder.
  return { text: draft.facts ? (canonicalize(leaf) as string) : JSON.stringify(leaf), ...columns };
};
