import { type Clock, systemClock } from '../core/clock.ts';
import { absurd } from '../core/fault.ts';
import { canonicalize } from './canonical-json.ts';
import { signCompact, signDetached } from './jws.ts';
import type { OwnKeys } from './own-keys.ts';
import type { OutgoingForm, Signer } from './ports.ts';
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

const envelopeText = (header: string, message: string): Buffer =>
  Buffer.from(`{"header":${header},"message":${message}}`);

/** Signs what we send, in the form that the receiver was registered with. */
export const createSigner = ({ keys, clock = systemClock }: SignerDeps): EnvelopeSigner => {
  const signText = async (form: OutgoingForm, senderId: string, text: Buffer): Promise<string> => {
    switch (form) {
      case 'none':
        return '';
      case 'ed25519':
        return signString(canonicalize(text, { maxDepth: OWN_DEPTH }), senderId, keys.signingKey('EdDSA'), clock());
      case 'jws':
        return await signCompact(text, senderId, keys.signingKey('RS256'));
      case 'detached-jws':
        return await signDetached(canonicalize(text, { maxDepth: OWN_DEPTH }), senderId, keys.signingKey('EdDSA'));
      default:
        return absurd(form);
    }
  };

  return {
    sign: (form, senderId, { header, message }) =>
      signText(form, senderId, envelopeText(JSON.stringify(header), JSON.stringify(message))),
    async seal(form, senderId, envelope) {
      const text = envelopeText(JSON.stringify(envelope.header), JSON.stringify(envelope.message));
      const signature = await signText(form, senderId, text);
      const opening = Buffer.from(`{"signature":${JSON.stringify(signature)},`);
      return { signature, body: Buffer.concat([opening, text.subarray(1)]) };
    },
  };
};
