import type { PeerTokens } from '../access/index.ts';
import type { Peer, PeerDirectory } from '../access/ports.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Reach } from '../net/index.ts';
import type { Registry } from '../registry/ports.ts';
import type { Database } from '../storage/index.ts';
import type { EnvelopeSigner } from '../trust/index.ts';
import type { SignaturePolicy, Verifier } from '../trust/ports.ts';
import type { CallRecorder } from './exchange.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { RegistryName } from './registries/registry.ts';
import type { TakeRecords } from './take-records.ts';

/** The settings of this door (product.md, environment). */
export interface DciConfig {
  /** `DCI_SENDER_ID`: who we are towards peers that have no id of their own for us. */
  readonly senderId: string;
  /** `DCI_REGISTRY`: the registry behind the neutral paths. */
  readonly registry: RegistryName;
  readonly signatures: SignaturePolicy;
  /** `DCI_RATE_LIMIT`: messages a minute and sender; 0 for no limit. */
  readonly rateLimit: number;
  /** `DCI_MAX_SUBSCRIPTIONS`: how many a sender may hold at a time. */
  readonly maxSubscriptions: number;
  /** Largest body in bytes. */
  readonly maxBody: number;
  /** Which addresses may be called back (`DCI_ALLOW_PRIVATE_CALLBACKS`). */
  readonly reach: Reach;
  /** `DCI_MOCKUP_MODE`: calls without a body under the short prefixes get samples. */
  readonly mockup?: boolean;
}

/** What the DCI door stands on; `app.ts` puts it together. */
export interface DciDeps {
  readonly config: DciConfig;
  readonly db: Database;
  readonly peers: PeerDirectory;
  /** Who comes with a token; absent: only the tokens that peers were registered with are known. */
  readonly tokens?: Pick<PeerTokens, 'peerOf'>;
  readonly verifier: Verifier;
  readonly signer: Pick<EnvelopeSigner, 'seal'>;
  readonly registry: Registry;
  /** Takes records that a peer sends into the registry. */
  readonly takeRecords: TakeRecords;
  /** Every call passes here before its answer leaves: no message is accepted twice, none is missing on the ledger. */
  readonly calls: CallRecorder;
  /** The message inside an encrypted one (dci.md §2.4); absent: we have no key for it. */
  readonly decryptMessage?: (message: unknown, peer: Peer) => Promise<unknown>;
  /** The encrypted form of what answers an encrypted message. */
  readonly encryptMessage?: (message: object, peer: Peer) => Promise<object>;
  /** Takes in callbacks and notifications; absent: they are not served. */
  readonly inbox?: Inbox;
  /** Our public keys. */
  readonly jwks: () => Promise<object>;
  readonly clock: Clock;
  readonly log: Logger;
}
