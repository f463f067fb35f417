import { hash, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault } from '../core/fault.ts';
import { compareCodePoints } from '../core/text.ts';
import { canonicalMembers } from './canonical-json.ts';
import { escapeNonAscii } from './escape-non-ascii.ts';
import type { SigningKey } from './own-keys.ts';
import { joinEnvelope, MAX_DEPTH, type StrictJson } from './strict-json.ts';
import type { JwsAlgorithm, VerificationKey } from './verification-key.ts';

/**
 * The string form (dci.md §4.1): `kidId="…", created="…", …, signature="…"` over three lines, of which one is the
 * digest of the canonical `{header, message}`.
 */
export interface StringSignature {
  readonly algorithm: JwsAlgorithm;
  /** The whole `kidId`, and the key id inside it. */
  readonly kid: string;
  readonly keyId: string;
  readonly created: number;
  readonly expires: number;
  /** What is signed, with a place for the digest. */
  readonly lines: readonly string[];
  readonly signature: Buffer;
}

// Peers sign for 300 s and tolerate a clock 60 s ahead (OpenSPP); more would keep old messages alive for longer.
export const VALID_SECONDS = 300;
const AHEAD_SECONDS = 60;

const MAX_LENGTH = 8192;
const DIGEST = 'digest';
const required = ['(created)', '(expires)', DIGEST];

const invalid = (message: string): Fault => new Fault('signature.invalid', message);

const algorithmNames: ReadonlyMap<string, JwsAlgorithm> = new Map([
  ['ed25519', 'EdDSA'],
  ['eddsa', 'EdDSA'],
  ['rs256', 'RS256'],
  ['rsa-sha256', 'RS256'],
]);

const readParameters = (text: string): ReadonlyMap<string, string> => {
  const parameters = new Map<string, string>();
  const pattern = /\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))\s*(,|$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (!found) throw invalid('the signature is not a list of key="value" pairs');
    const name = found[1] as string;
    if (parameters.has(name)) throw invalid(`the signature names ${name.slice(0, 20)} twice`);
    parameters.set(name, found[2] ?? found[3] ?? '');
    if (found[4] === '') break;
  }
  return parameters;
};

const readSeconds = (name: string, text: string | undefined): number => {
  if (text === undefined || !/^\d{1,12}$/.test(text)) throw invalid(`the signature has no usable ${name} time`);
  return Number(text);
};

/** `sender|key|algorithm`; read from the right, should a sender id hold a bar. Anything else is a key id alone. */
const readKid = (kid: string, senderId: string): { keyId: string; algorithm?: string } => {
  const parts = kid.split('|');
  if (parts.length < 3) return { keyId: kid };
  const algorithm = parts.pop() as string;
  const keyId = parts.pop() as string;
  if (parts.join('|') !== senderId) throw invalid('the signature names a key of another sender');
  return { keyId, algorithm };
};

const readAlgorithm = (names: readonly (string | undefined)[]): JwsAlgorithm => {
  const read = names.filter((name) => name !== undefined).map((name) => algorithmNames.get(name.toLowerCase()));
  const [algorithm] = read;
  if (!algorithm) throw invalid('the signature names no algorithm that is accepted');
  if (read.some((other) => other !== algorithm)) throw invalid('the signature names two algorithms');
  return algorithm;
};

/** Reads the string form of a signature by `senderId`; throws `signature.invalid`. */
export const parseStringSignature = (text: string, senderId: string): StringSignature => {
  if (text.length > MAX_LENGTH) throw invalid('the signature is too long');
  const parameters = readParameters(text.replace(/^\s*Signature:/i, '').trim());
  const kid = parameters.get('kidId') ?? parameters.get('keyId');
  if (!kid) throw invalid('the signature names no key');
  const { keyId, algorithm } = readKid(kid, senderId);
  const covered = (parameters.get('headers') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  for (const name of required) if (!covered.includes(name)) throw invalid(`the signature does not cover ${name}`);
  if (covered.length !== required.length) throw invalid('the signature covers something unknown');
  const created = parameters.get('created');
  const expires = parameters.get('expires');
  const values = new Map([
    ['(created)', created],
    ['(expires)', expires],
  ]);
  return {
    algorithm: readAlgorithm([parameters.get('algorithm') ?? algorithm, algorithm]),
    kid,
    keyId,
    created: readSeconds('created', created),
    expires: readSeconds('expires', expires),
    lines: covered.map((name) => (name === DIGEST ? DIGEST : `${name}: ${values.get(name)}`)),
    signature: Buffer.from(parameters.get('signature') ?? '', 'base64'),
  };
};

/** Refuses a signature that is void at this moment. */
export const assertInForce = ({ created, expires }: StringSignature, nowMs: number): void => {
  const now = Math.floor(nowMs / 1000);
  if (now > expires) throw invalid('the signature has expired');
  if (created > now + AHEAD_SECONDS) throw invalid('the signature was made in the future; check the clocks');
};

/** Whether the signature may have been made by this key: the id it names, if the key has one. */
export const namesKey = ({ kid, keyId, algorithm }: StringSignature, senderId: string, key: VerificationKey): boolean =>
  key.algorithms.includes(algorithm) &&
  (key.kid === undefined || key.kid === kid || key.kid === keyId || key.kid === `${senderId}|${keyId}`);

const requestDefaults: readonly (readonly [string, string])[] = [
  ['version', '"1.0.0"'],
  ['message_id', 'null'],
  ['message_ts', 'null'],
  ['action', 'null'],
  ['sender_id', 'null'],
  ['sender_uri', 'null'],
  ['receiver_id', 'null'],
  ['total_count', 'null'],
  ['is_msg_encrypted', 'false'],
  ['meta', 'null'],
];
const callbackDefaults: typeof requestDefaults = [
  ...requestDefaults,
  ['status', 'null'],
  ['status_reason_code', 'null'],
  ['status_reason_message', 'null'],
  ['completed_count', 'null'],
];

/**
 * The header with the members a re-serialising signer fills in. Members that came are never left out: everything
 * that was received stays covered by the signature.
 */
const fillHeader = (header: Buffer, defaults: typeof requestDefaults): Buffer => {
  const members = new Map([...canonicalMembers(header, { maxDepth: MAX_DEPTH })].map(([k, v]) => [k, v.toString()]));
  for (const [name, value] of defaults) if (!members.has(name)) members.set(name, value);
  const sorted = [...members].sort(([a], [b]) => compareCodePoints(a, b));
  return Buffer.from(`{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`);
};

const digestOf = (canonical: Buffer): string => hash('sha256', canonical, 'base64');

/** Every digest that an honest signer may have signed for this message, the likely ones first. */
function* digests({ members }: StrictJson): Generator<string> {
  const header = members.get('header');
  const message = members.get('message');
  if (!header || !message) return;
  const seen = new Set<string>();
  for (const defaults of [[], requestDefaults, callbackDefaults]) {
    const raw = joinEnvelope(defaults.length === 0 ? header : fillHeader(header, defaults), message);
    for (const form of [escapeNonAscii(raw), raw]) {
      const digest = digestOf(form);
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield digest;
      yield `SHA-256=${digest}`;
    }
  }
}

// With a callback both work in the thread pool: they are the longest work of a call, and others go on meanwhile.
const verifyInPool = promisify(verify);
const signInPool = promisify(sign);

const verifyWith = ({ algorithm, signature }: StringSignature, key: VerificationKey, text: string): Promise<boolean> =>
  verifyInPool(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(text), key.key, signature);

/** Whether `key` made this signature over the message. */
export const verifyString = async (
  signature: StringSignature,
  key: VerificationKey,
  parsed: StrictJson,
): Promise<boolean> => {
  for (const digest of digests(parsed)) {
    const text = signature.lines.map((line) => (line === DIGEST ? `digest: ${digest}` : line)).join('\n');
    if (await verifyWith(signature, key, text)) return true;
  }
  return false;
};

/** Signs the canonical `{header, message}` in the string form, as OpenSPP writes it. */
export const signString = async (
  canonical: Buffer,
  senderId: string,
  key: SigningKey,
  nowMs: number,
): Promise<string> => {
  const created = Math.floor(nowMs / 1000);
  const expires = created + VALID_SECONDS;
  const digest = digestOf(escapeNonAscii(canonical));
  const lines = `(created): ${created}\n(expires): ${expires}\ndigest: ${digest}`;
  const signature = (await signInPool(null, Buffer.from(lines), key.privateKey)).toString('base64');
  return (
    `namespace="dci", kidId="${key.kidFor(senderId)}", algorithm="ed25519", created="${created}", ` +
    `expires="${expires}", headers="(created) (expires) digest", signature="${signature}"`
  );
};
