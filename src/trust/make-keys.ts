import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { toTimestamp } from '../core/clock.ts';
import type { Sealer } from './key-seal.ts';
import type { OwnAlgorithm, StoredKey } from './keyset-file.ts';
import { toPublicJwk } from './verification-key.ts';

const generate = promisify(generateKeyPair);

const makePair = (algorithm: OwnAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> =>
  algorithm === 'EdDSA' ? generate('ed25519') : generate('rsa', { modulusLength: 2048 });

const makeKey = async (
  algorithm: OwnAlgorithm,
  { createdMs, fromMs, sealer }: { createdMs: number; fromMs: number; sealer: Sealer | undefined },
): Promise<StoredKey> => {
  const { publicKey, privateKey } = await makePair(algorithm);
  const id = randomBytes(6).toString('hex');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    id,
    algorithm,
    created: toTimestamp(createdMs),
    from: toTimestamp(fromMs),
    public: toPublicJwk(publicKey.export({ format: 'jwk' })),
    private: sealer ? sealer.seal(pem, id) : pem,
  };
};

/** New key pairs for signing (Ed25519 and RSA) and encryption, made in parallel in the thread pool. */
export const makeKeys = (when: {
  createdMs: number;
  fromMs: number;
  sealer: Sealer | undefined;
}): Promise<StoredKey[]> =>
  Promise.all((['EdDSA', 'RS256', 'RSA-OAEP-256'] as const).map((algorithm) => makeKey(algorithm, when)));
