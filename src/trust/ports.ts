import type { StrictJson } from './strict-json.ts';

/**
 * The signature forms of dci.md §4: what a message carries and what we send. `string` is the HTTP-signature-like
 * text of §4.1 (Ed25519 or rs256), `jws` the attached compact JWS of §4.2, `detached-jws` §4.3, `none` §4.4.
 */
export const signatureForms = ['string', 'jws', 'detached-jws', 'none'] as const;
export type SignatureForm = (typeof signatureForms)[number];

/** What `peer add --signature` chooses for messages *we send* to a peer. `ed25519` is the string form. */
export const outgoingForms = ['ed25519', 'jws', 'detached-jws', 'none'] as const;
export type OutgoingForm = (typeof outgoingForms)[number];

/** `required | permissive | off`, dci.md §4.5. */
export const signaturePolicies = ['required', 'permissive', 'off'] as const;
export type SignaturePolicy = (typeof signaturePolicies)[number];

/** A public JWK as registered or fetched. */
export interface PublicJwk {
  readonly kty: string;
  readonly kid?: string;
  readonly use?: string;
  readonly alg?: string;
  readonly crv?: string;
  readonly [member: string]: unknown;
}

/** Where a sender's keys come from: registered inline, or its key set's address; both may be there. */
export interface KeySource {
  readonly senderId: string;
  readonly keys: readonly PublicJwk[];
  readonly jwksUrl?: string;
  /** Keys not to be believed any more, wherever they still are: by key id or RFC 7638 thumbprint. */
  readonly revokedKeys?: readonly string[];
}

/** What the verification of one message found; the ledger records it. */
export interface Verification {
  readonly form: SignatureForm;
  /** Whether a registered key of the sender verified it. `false` only where policy lets an unsigned message pass. */
  readonly verified: boolean;
  readonly algorithm?: string;
  readonly kid?: string;
  /** The public key that verified it. */
  readonly key?: PublicJwk;
}

/** Checks signatures of received messages. */
export interface Verifier {
  /**
   * `body` are the received bytes; `signature` the envelope's member as received (anything). Throws `signature.missing`
   * or `signature.invalid` (also for expired, wrongly keyed, unknown algorithm). `parsed` is `parseStrictJson(body)`,
   * when the caller has it already.
   */
  verify(
    source: KeySource,
    message: {
      readonly body: Buffer;
      readonly signature: unknown;
      readonly messageTs: string | undefined;
      readonly parsed?: StrictJson;
    },
    policy: { readonly policy: SignaturePolicy; readonly mustSign: boolean },
  ): Promise<Verification>;
}

/** Signs messages we send. */
export interface Signer {
  /**
   * `header` and `message` exactly as they will be sent (no `undefined` members). Answers the `signature` member;
   * `""` for form `none`. `senderId` is the id we present to this peer.
   */
  sign(
    form: OutgoingForm,
    senderId: string,
    envelope: { readonly header: object; readonly message: unknown },
  ): Promise<string>;
}
