import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PublicJwk } from '../trust/ports.ts';

/**
 * Checkpoints as signed notes, the text form of transparency logs: a few lines a person can read, a blank line, and
 * signature lines `— NAME BASE64`, whose first four bytes tell which key of that name signed.
 *
 *     crosswalk.local/ledger
 *     48211
 *     xS3…=
 *     time 2026-11-24T01:50:00.000Z
 *
 *     — crosswalk.local/ledger Az3grl…
 */
export interface Checkpoint {
  /** The name of the log. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly at: string;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

export interface ParsedNote {
  /** What is signed: the lines before the blank one, the last line break included. */
  readonly text: string;
  readonly checkpoint: Checkpoint;
  readonly signatures: readonly NoteSignature[];
}

const ED25519 = 1;
const COSIGNATURE = 4;
const KEY_ID_BYTES = 4;

const rawKey = (jwk: PublicJwk): Buffer => {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk['x'] !== 'string') {
    throw new Error('checkpoints are signed with Ed25519 keys only');
  }
  return Buffer.from(jwk['x'], 'base64url');
};

const keyIdOf = (name: string, jwk: PublicJwk, kind: number): Buffer =>
  createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(kind))
    .update(rawKey(jwk))
    .digest()
    .subarray(0, KEY_ID_BYTES);

const signatureLine = (name: string, keyId: Buffer, signature: Buffer): string =>
  `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;

export interface NoteSigner {
  readonly jwk: PublicJwk;
  readonly sign: (text: Buffer) => Buffer;
}

export const checkpointText = ({ origin, size, root, at }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\ntime ${at}\n`;

/** Signs a checkpoint with the log's own key. */
export const signCheckpoint = (checkpoint: Checkpoint, { jwk, sign }: NoteSigner): string => {
  const text = checkpointText(checkpoint);
  const keyId = keyIdOf(checkpoint.origin, jwk, ED25519);
  return `${text}\n${signatureLine(checkpoint.origin, keyId, sign(Buffer.from(text)))}`;
};

/**
 * Adds the signature of a witness: it says that at this time the checkpoint was consistent with all the witness had
 * seen of this log before (the `cosignature/v1` form of transparency-log witnesses).
 */
export const cosign = (note: string, witness: string, seconds: number, { jwk, sign }: NoteSigner): string => {
  const { text } = parseNote(note);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`));
  return `${note}${signatureLine(witness, keyIdOf(witness, jwk, COSIGNATURE), Buffer.concat([time, signature]))}`;
};

const NOTE = /^(?<text>(?:[^\n]+\n){3,})\n(?<signatures>(?:— [^\n]+\n)+)$/u;
const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/** Reads a signed note; throws an `Error` that says what is wrong with it. */
export const parseNote = (note: string): ParsedNote => {
  const groups = note.length < 65_536 ? NOTE.exec(note)?.groups : undefined;
  if (!groups) throw new Error('this is not a signed checkpoint');
  const text = groups['text'] as string;
  const [origin = '', size = '', root = '', ...extensions] = text.trimEnd().split('\n');
  if (!SIZE.test(size)) throw new Error('the checkpoint has no size');
  const rootBytes = Buffer.from(root, 'base64');
  if (rootBytes.length !== 32) throw new Error('the checkpoint has no root hash');
  const time = extensions.find((line) => line.startsWith('time '))?.slice('time '.length) ?? '';
  return {
    text,
    checkpoint: { origin, size: Number(size), root: rootBytes, at: time },
    signatures: (groups['signatures'] as string)
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, name = '', encoded = ''] = line.split(' ');
        const bytes = Buffer.from(encoded, 'base64');
        return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
      }),
  };
};

const keyObject = (jwk: PublicJwk): KeyObject =>
  createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk['x'] } as never, format: 'jwk' });

/** The key among `keys` by which the log signed this note; `undefined` when none of them did. */
export const signerOf = (note: ParsedNote, keys: readonly PublicJwk[]): PublicJwk | undefined =>
  keys.find((jwk) => {
    if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') return false;
    const { origin } = note.checkpoint;
    const keyId = keyIdOf(origin, jwk, ED25519);
    return note.signatures.some(
      (one) =>
        one.name === origin &&
        one.keyId.equals(keyId) &&
        verify(null, Buffer.from(note.text), keyObject(jwk), one.signature),
    );
  });
