import { type Clock, systemClock } from '../core/clock.ts';
import { absurd } from '../core/fault.ts';
import { canonicalize } from './canonical-json.ts';
import { writeOwn } from './canonical-value.ts';
import { signCompact, signDetached } from './jws.ts';
import type { OwnKeys, SigningKey } from './own-keys.ts';
import type { OutgoingForm, SignatureForm, Signer, Verification } from './ports.ts';
import { signString } from './string-signature.ts';

export interface SignerDeps {
  readonly keys: Pick<OwnKeys, 'signingKey'>;
  readonly clock?: Clock;
}

/** A signed message as it goes out. */
export interface SealedEnvelope {
  readonly signature: string;
  /** The exact bytes to send and to record. */
  readonly body: Buffer;
  /** The form and our key, as whoever verifies it will find them. */
  readonly verification: Verification;
}

/** As the port, and able to write the whole message, so that it is put into text once. */
export interface EnvelopeSigner extends Signer {
  seal(
    form: OutgoingForm,
    senderId: string,
    envelope: { readonly header: object; readonly message: unknown },
  ): Promise<SealedEnvelope>;
}

// Our own messages are as deep as the records in them; a loop cannot come through JSON.stringify.
const OWN_DEPTH = 1000;

/** A message before it is signed. */
interface Unsigned {
  readonly text: Buffer;
  readonly canonical: () => Buffer;
}

const writeUnsigned = (envelope: { readonly header: object; readonly message: unknown }): Unsigned => {
  const { text, isCanonical } = writeOwn({ header: envelope.header, message: envelope.message });
  const bytes = Buffer.from(text);
  return { text: bytes, canonical: () => (isCanonical ? bytes : canonicalize(bytes, { maxDepth: OWN_DEPTH })) };
};

const madeWith = (form: SignatureForm, key: SigningKey, senderId: string): Verification => ({
  form,
  verified: true,
  algorithm: key.algorithm,
  kid: key.kidFor(senderId),
  key: key.publicJwk,
});

/** Signs what we send, in the form that the receiver was registered with. */
export const createSigner = ({ keys, clock = systemClock }: SignerDeps): EnvelopeSigner => {
  const signText = async (
    form: OutgoingForm,
    senderId: string,
    { text, canonical }: Unsigned,
  ): Promise<Omit<SealedEnvelope, 'body'>> => {
    switch (form) {
      case 'none':
        return { signature: '', verification: { form, verified: false } };
      case 'ed25519': {
        const key = keys.signingKey('EdDSA');
        const signature = await signString(canonical(), senderId, key, clock());
        return { signature, verification: madeWith('string', key, senderId) };
      }
      case 'jws': {
        const key = keys.signingKey('RS256');
        return { signature: await signCompact(text, senderId, key), verification: madeWith(form, key, senderId) };
      }
      case 'detached-jws': {
        const key = keys.signingKey('EdDSA');
        const signature = await signDetached(canonical(), senderId, key);
        return { signature, verification: madeWith(form, key, senderId) };
      }
      default:
        return absurd(form);
    }
  };

  return {
    async sign(form, senderId, envelope) {
      return (await signText(form, senderId, writeUnsigned(envelope))).signature;
    },
    async seal(form, senderId, envelope) {
      const unsigned = writeUnsigned(envelope);
      const signed = await signText(form, senderId, unsigned);
      const opening = Buffer.from(`{"signature":${JSON.stringify(signed.signature)},`);
      return { ...signed, body: Buffer.concat([opening, unsigned.text.subarray(1)]) };
    },
  };
};
