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
  /** `text` and the room before it. */
  readonly roomy: Buffer;
  readonly canonical: () => Buffer;
}

// The signature stands in front of what it is made over: room for it saves copying the whole message. Only that of the
// compact form is longer.
const ROOM = 1024;

const writeUnsigned = (envelope: { readonly header: object; readonly message: unknown }): Unsigned => {
  const { text, roomy, isCanonical } = writeOwn({ header: envelope.header, message: envelope.message }, ROOM);
  return { text, roomy, canonical: () => (isCanonical ? text : canonicalize(text, { maxDepth: OWN_DEPTH })) };
};

/** Puts the signature into the message as its first member. */
const putSignature = ({ text, roomy }: Unsigned, signature: string): Buffer => {
  const opening = Buffer.from(`{"signature":${JSON.stringify(signature)},`);
  const start = ROOM + 1 - opening.length; // over the message's own brace
  if (start < 0) return Buffer.concat([opening, text.subarray(1)]);
  opening.copy(roomy, start);
  return roomy.subarray(start);
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
      return { ...signed, body: putSignature(unsigned, signed.signature) };
    },
  };
};
