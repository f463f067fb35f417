import { CompactSign, compactVerify } from 'jose';
import type { JWK } from 'node-jose';
import { Fault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import { canonicalize, type Omit } from './canonical-json.ts';
import type { SigningKey } from './own-keys.ts';
import { canonicalEnvelope, joinEnvelope, MAX_DEPTH, parseStrictJson, type StrictJson } from './strict-json.ts';
import { type JwsAlgorithm, jwsAlgorithms, type VerificationKey } from './verification-key.ts';

/** A compact JWS taken apart; `payload` is empty when it is detached. Text parts as they came, base64url. */
export interface ParsedJws {
  readonly protectedPart: string;
  readonly payload: string;
  readonly signature: string;
  readonly algorithm: JwsAlgorithm;
  readonly kid?: string;
}

const invalid = (message: string, cause?: unknown): Fault => new Fault('signature.invalid', message, {}, { cause });

const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]+)$/;

export const looksLikeJws = (text: string): boolean => shape.test(text);

const readHeader = (part: string): Record<string, unknown> => {
  try {
    const { value } = parseStrictJson(Buffer.from(part, 'base64url'), { maxDepth: 8 });
    if (isObject(value)) return value;
  } catch (cause) {
    throw invalid('the signature has an unreadable header', cause);
  }
  throw invalid('the signature has an unreadable header');
};

/**
 * Takes a compact JWS apart and refuses what no key could mend: algorithms off the list, critical extensions (we know
 * none), unencoded payloads. `jwk`, `jku`, `x5c` and `x5u` are not looked at: keys come from the registration only.
 */
export const parseJws = (text: string): ParsedJws => {
  const [, protectedPart = '', payload = '', signature = ''] = shape.exec(text) ?? [];
  const header = readHeader(protectedPart);
  const algorithm = jwsAlgorithms.find((name) => name === header['alg']);
  if (!algorithm) throw invalid('the signature uses an algorithm that is not accepted');
  if (Object.hasOwn(header, 'crit')) throw invalid('the signature demands an extension that is not known here');
  if (Object.hasOwn(header, 'b64')) throw invalid('the signature has an unencoded payload');
  const kid = header['kid'];
  if (kid !== undefined && typeof kid !== 'string') throw invalid('the signature has an unreadable key id');
  return { protectedPart, payload, signature, algorithm, ...(kid !== undefined && { kid }) };
};

// Loaded with the first message that needs it: it takes a tenth of the start.
const loadNodeJose = async () => (await import('node-jose')).default;

// node-jose reads every key type but Ed25519, and one such key spoils a whole set for it: so keys go in one by one.
const imported = new WeakMap<VerificationKey, Promise<JWK.Key>>();
const importKey = (key: VerificationKey): Promise<JWK.Key> => {
  let reading = imported.get(key);
  if (!reading) {
    reading = loadNodeJose().then((nodeJose) => nodeJose.JWK.asKey(key.jwk as unknown as JWK.RawKey));
    imported.set(key, reading);
  }
  return reading;
};

/** Whether `key` made the signature of this compact JWS. */
export const verifyCompact = async (
  compact: string,
  algorithm: JwsAlgorithm,
  key: VerificationKey,
): Promise<boolean> => {
  if (!key.algorithms.includes(algorithm)) return false;
  try {
    if (algorithm === 'EdDSA') await compactVerify(compact, key.key, { algorithms: ['EdDSA'] });
    else {
      const nodeJose = await loadNodeJose();
      await nodeJose.JWS.createVerify(await importKey(key), { algorithms: [algorithm] }).verify(compact);
    }
    return true;
  } catch {
    return false;
  }
};

/** The compact JWS to check: the attached one as it came, the detached one with the canonical message put in. */
export const toCompact = ({ protectedPart, payload, signature }: ParsedJws, parsed: StrictJson): string => {
  if (payload !== '') return `${protectedPart}.${payload}.${signature}`;
  const canonical = canonicalEnvelope(parsed);
  if (!canonical) throw invalid('the message has no header or no message to check the signature against');
  return `${protectedPart}.${canonical.toString('base64url')}.${signature}`;
};

// Peers that validate into objects before they sign fill these in (OpenCRVS): absent and default mean the same.
// `locale` stands on an item: `search_request[0].locale` is at depth 3 of the message, without a list at depth 2.
const headerDefaults: Omit = (depth, key, value) => depth === 1 && key === 'is_msg_encrypted' && value === 'false';
const messageDefaults: Omit = (depth, key, value) =>
  (depth === 2 || depth === 3) && key === 'locale' && value === '"eng"';

/** The canonical envelope with defaults left out. */
const withoutDefaults = ({ members }: StrictJson): Buffer | undefined => {
  const strip = (name: string, omit: Omit): Buffer | undefined => {
    const member = members.get(name);
    return member && canonicalize(member, { maxDepth: MAX_DEPTH, omit });
  };
  const header = strip('header', headerDefaults);
  const message = strip('message', messageDefaults);
  return header && message && joinEnvelope(header, message);
};

/** Refuses an attached payload that says something else than the message around it. */
export const assertSameEnvelope = (payload: string, parsed: StrictJson): void => {
  let signed: StrictJson;
  try {
    signed = parseStrictJson(Buffer.from(payload, 'base64url'));
  } catch (cause) {
    throw invalid('the signed payload is not readable', cause);
  }
  const received = canonicalEnvelope(parsed);
  if (received && canonicalEnvelope(signed)?.equals(received)) return;
  const stripped = withoutDefaults(parsed);
  if (!stripped || !withoutDefaults(signed)?.equals(stripped)) {
    throw invalid('the signed payload differs from the message');
  }
};

/** An attached compact JWS over `payload`; jose signs through WebCrypto, so in the thread pool. */
export const signCompact = async (payload: Buffer, senderId: string, key: SigningKey): Promise<string> =>
  await new CompactSign(payload)
    .setProtectedHeader({ alg: key.algorithm, kid: key.kidFor(senderId) })
    .sign(key.privateKey);

/** The same with the payload left out. */
export const signDetached = async (canonical: Buffer, senderId: string, key: SigningKey): Promise<string> => {
  const [protectedPart, , signature] = (await signCompact(canonical, senderId, key)).split('.');
  return `${protectedPart}..${signature}`;
};
