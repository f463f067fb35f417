import { sign } from 'node:crypto';
import type { OwnKeys } from '../trust/index.ts';
import type { PublicJwk } from '../trust/ports.ts';
import type { CheckpointSigner } from './ports.ts';

/** Signs checkpoints with our Ed25519 keys, the ones peers know from our key set. */
export const signerOfKeys = (keys: Pick<OwnKeys, 'signingKey' | 'list'>, senderId: string): CheckpointSigner => ({
  current: async () => {
    const key = keys.signingKey('EdDSA');
    const jwk: PublicJwk = { ...key.publicJwk, kid: key.kidFor(senderId) };
    return { jwk, sign: (text) => sign(null, text, key.privateKey) };
  },
  // The public halves of keys whose time is over stay on disk: what they signed must stay verifiable for ever.
  publicKeys: async () =>
    keys
      .list()
      .filter(({ algorithm }) => algorithm === 'EdDSA')
      .map(({ id, publicJwk }) => ({ ...publicJwk, kid: `${senderId}|${id}|ed25519` })),
});
