import type { KeySource, OutgoingForm, PublicJwk } from '../trust/ports.ts';
import type { PeerPolicy } from './policy/policy.ts';

/** Where a client's credentials stand in a request for a token; one peer wants them in the query. */
export const credentialsPlaces = ['body', 'query', 'basic'] as const;
export type CredentialsPlace = (typeof credentialsPlaces)[number];

/**
 * How we identify ourselves when we call a peer: by the token it comes to us with, by one it gave us, or by one we
 * fetch as its client. Tokens and secrets are sealed.
 */
export type Asking =
  | { readonly by: 'shared-token' | 'token'; readonly token: string }
  | {
      readonly by: 'client';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly credentials: CredentialsPlace;
      readonly scope?: string;
    };

/** Somebody else who issues tokens for a peer: whose keys verify them, and whom they must be meant for. */
export interface TokenIssuer {
  /** The `iss` of the tokens. */
  readonly issuer: string;
  readonly jwksUrl: string;
  /** The `aud` that means us. */
  readonly audience: string;
  /** The `sub`, `client_id` or `azp` that means the peer; absent: its sender id, or all that this issuer issues. */
  readonly subject?: string;
}

/** A registered DCI peer (product.md, `peer add`). */
export interface Peer extends KeySource {
  readonly id: string;
  readonly senderId: string;
  readonly keys: readonly PublicJwk[];
  readonly jwksUrl?: string;
  /** The form of what we send to it. */
  readonly signature: OutgoingForm;
  /** Where on-* and notify go when a message has no `sender_uri`. */
  readonly callback?: string;
  /** Its base URL, for asking it. */
  readonly url?: string;
  /** The sender id we present to it; else `DCI_SENDER_ID`. */
  readonly ourId?: string;
  /** How we identify ourselves when we call it; absent: by no token. */
  readonly asking?: Asking;
  /** Whose tokens it comes with, besides its own and ours. */
  readonly issuer?: TokenIssuer;
  /** Its records may be taken into our registry. */
  readonly source: boolean;
  readonly mustSign: boolean;
  /** What we send to it is encrypted, whether or not it asked encrypted. */
  readonly encrypt?: boolean;
  /** `registry.search`, `social:registry.search`, …; empty: everything. */
  readonly scopes: readonly string[];
  /** What it may ask and see (policy/permit.ts); absent: everything its scopes allow. */
  readonly policy?: PeerPolicy;
  readonly active: boolean;
}

/** Peers as every request needs them: in memory, dropped when any process changes them. */
export interface PeerDirectory {
  /** By bearer token (the whole token, compared by its hash). Revoked peers are absent. */
  byToken(token: string): Promise<Peer | undefined>;
  bySenderId(senderId: string): Promise<Peer | undefined>;
  /** The peers that come with tokens of this issuer. */
  byIssuer(issuer: string): Promise<readonly Peer[]>;
  /** The hash of the peer's token, by which other tokens can be bound to it. */
  tokenHashOf(senderId: string): Promise<string | undefined>;
}
