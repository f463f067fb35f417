export { canonicalize } from './canonical-json.ts';
export { writeElements } from './canonical-value.ts';
export { createEncryption, type EncryptedMessage, type MessageEncryption } from './encryption.ts';
export { WrittenList } from './json-bytes.ts';
export { readKeyFile } from './key-file.ts';
export { createKeySets, type KeySets, type KeySetsOptions } from './key-sets.ts';
export {
  type DecryptionKey,
  type KeyInfo,
  type KeyOptions,
  type OwnKeys,
  openKeys,
  type SigningKey,
} from './own-keys.ts';
export { PUBLISHED_MAX_AGE_SECONDS, revokeKey, rotateKeys } from './rotate-keys.ts';
export { openSecretBox, type SecretBox } from './secret-box.ts';
export { type Acceptance, createSeenMessages, type IncomingMessage, type SeenMessages } from './seen-messages.store.ts';
export { createSigner, type EnvelopeSigner, type SealedEnvelope } from './signer.ts';
export { canonicalEnvelope, MAX_DEPTH, parseStrictJson, type StrictJson } from './strict-json.ts';
export { createVerifier } from './verifier.ts';
