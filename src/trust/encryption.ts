import { FlattenedEncrypt, type FlattenedJWE, flattenedDecrypt } from 'jose';
import { Fault, isFault } from '../core/fault.ts';
import { isObject, type Json } from '../core/json.ts';
import type { KeySets } from './key-sets.ts';
import type { OwnKeys } from './own-keys.ts';
import type { KeySource } from './ports.ts';
import { parseStrictJson } from './strict-json.ts';
import { readPublicKey } from './verification-key.ts';

/** A message in its encrypted form: flattened JWE JSON whose header is unprotected (dci.md §2.4). */
export interface EncryptedMessage {
  readonly header: { readonly alg: string; readonly enc: string; readonly kid?: string };
  readonly encrypted_key: string;
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** Encrypts messages to peers and opens those encrypted to us. */
export interface MessageEncryption {
  /** To the peer's first key with `use: enc`; throws `dci.encryption-invalid` when it has none that can be used. */
  encrypt(message: unknown, receiver: KeySource): Promise<EncryptedMessage>;
  /** Throws `dci.encryption-invalid`, with one text for every reason: which one it was is nobody's business. */
  decrypt(message: unknown): Promise<Json>;
}

// jose and not node-jose: it works in the thread pool, and reads an unprotected header, which node-jose drops when it
// takes flattened JSON apart.
const KEY_ALGORITHM = 'RSA-OAEP-256';
const CONTENT_ALGORITHM = 'A256GCM';

const invalid = (message: string, cause?: unknown): Fault =>
  new Fault('dci.encryption-invalid', message, {}, { cause });

const readProtected = (text: unknown): Record<string, unknown> => {
  if (text === undefined || text === '') return {};
  try {
    const { value } = parseStrictJson(Buffer.from(text as string, 'base64url'), { maxDepth: 8 });
    if (isObject(value)) return value;
  } catch (cause) {
    throw invalid('the encrypted message has an unreadable header', cause);
  }
  throw invalid('the encrypted message has an unreadable header');
};

const readJwe = (message: unknown): FlattenedJWE & { readonly kid: unknown } => {
  if (!isObject(message) || !isObject(message['header'])) throw invalid('the message is not an encrypted one');
  const { encrypted_key, iv, ciphertext, tag } = message;
  const parts = [encrypted_key, iv, ciphertext, tag];
  if (!parts.every((part) => typeof part === 'string')) throw invalid('the encrypted message lacks a part');
  const guarded = readProtected(message['protected']);
  const { alg, enc, kid } = { ...message['header'], ...guarded } as Record<string, unknown>;
  if (alg !== KEY_ALGORITHM || enc !== CONTENT_ALGORITHM) {
    throw invalid(`messages to us are encrypted with ${KEY_ALGORITHM} and ${CONTENT_ALGORITHM}`);
  }
  return {
    kid,
    // A name may stand in one of the headers only (RFC 7516 §7.2.1); peers that repeat it mean the same.
    header: { ...(!('alg' in guarded) && { alg }), ...(!('enc' in guarded) && { enc }) },
    encrypted_key: encrypted_key as string,
    iv: iv as string,
    ciphertext: ciphertext as string,
    tag: tag as string,
    ...(Object.keys(guarded).length > 0 && { protected: message['protected'] as string }),
  };
};

/** Message encryption with our keys and those of peers. */
export const createEncryption = (deps: {
  readonly keys: Pick<OwnKeys, 'decryptionKeys'>;
  readonly keySets: Pick<KeySets, 'encryptionKey'>;
}): MessageEncryption => ({
  async encrypt(message, receiver) {
    try {
      const jwk = await deps.keySets.encryptionKey(receiver);
      if (!jwk) throw invalid('the receiver has no key for encryption');
      if (jwk.kty !== 'RSA' || (jwk.alg ?? KEY_ALGORITHM) !== KEY_ALGORITHM) {
        throw invalid(`the receiver's key for encryption is not one for ${KEY_ALGORITHM}`);
      }
      const header = { alg: KEY_ALGORITHM, enc: CONTENT_ALGORITHM, ...(jwk.kid !== undefined && { kid: jwk.kid }) };
      const jwe = await new FlattenedEncrypt(Buffer.from(JSON.stringify(message)))
        .setUnprotectedHeader(header)
        .encrypt(readPublicKey(jwk));
      return {
        header,
        encrypted_key: jwe.encrypted_key as string,
        iv: jwe.iv as string,
        ciphertext: jwe.ciphertext,
        tag: jwe.tag as string,
      };
    } catch (error) {
      if (isFault(error) && error.code === 'dci.encryption-invalid') throw error;
      throw invalid("the receiver's key for encryption cannot be used", error);
    }
  },

  async decrypt(message) {
    const { kid, ...jwe } = readJwe(message);
    const keys = deps.keys.decryptionKeys();
    const named = keys.filter((key) => key.kid === kid);
    for (const { privateKey } of named.length > 0 ? named : keys) {
      try {
        const { plaintext } = await flattenedDecrypt(jwe, privateKey, {
          keyManagementAlgorithms: [KEY_ALGORITHM],
          contentEncryptionAlgorithms: [CONTENT_ALGORITHM],
        });
        return parseStrictJson(Buffer.from(plaintext)).value;
      } catch {
        // Not this key, or an altered message: the caller is told the same.
      }
    }
    throw invalid('the message cannot be decrypted');
  },
});
