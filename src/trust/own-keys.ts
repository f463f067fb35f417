import { createPrivateKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { type Clock, systemClock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { type Logger, silentLogger } from '../core/log.ts';
import { createSealer, type Sealer } from './key-seal.ts';
import {
  type Keyset,
  type KeysetRevision,
  newestRevision,
  type OwnAlgorithm,
  readKeyset,
  type StoredKey,
  writeKeyset,
} from './keyset-file.ts';
import { makeKeys } from './make-keys.ts';
import type { PublicJwk } from './ports.ts';

/** A key we sign with. */
export interface SigningKey {
  readonly id: string;
  readonly algorithm: 'EdDSA' | 'RS256';
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
  /** The key id as published for this sender id of ours (dci.md §4.6). */
  kidFor(senderId: string): string;
}

/** A key that opens messages encrypted to us. */
export interface DecryptionKey {
  readonly id: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** What operators may know of a key. */
export interface KeyInfo {
  readonly id: string;
  readonly algorithm: OwnAlgorithm;
  /**
   * `coming` keys are published and not used yet; `retired` ones still verify; `expired` and `revoked` ones are kept
   * for records.
   */
  readonly state: 'coming' | 'active' | 'retired' | 'expired' | 'revoked';
  readonly created: string;
  /** From when on it is used. */
  readonly from: string;
  readonly until?: string;
  readonly publicJwk: PublicJwk;
}

/**
 * Our own keys, read once and again whenever the files change.
 *
 * They live in files below `DATA_DIR` and not in the database, so that a copy of the database signs nothing. Several
 * machines that serve under one name must share this folder (or copies of it that are kept equal): peers verify
 * against one key set, whichever machine publishes it.
 */
export interface OwnKeys {
  signingKey(algorithm: 'EdDSA' | 'RS256'): SigningKey;
  /** The newest first; replaced ones for as long as peers may still use them. */
  decryptionKeys(): readonly DecryptionKey[];
  /** The key set we publish under each of our sender ids. What is in use stands first: some peers take the first. */
  jwks(senderIds: readonly string[]): { readonly keys: readonly PublicJwk[] };
  list(): readonly KeyInfo[];
  /** Looks at the files now; otherwise every second. */
  reload(): Promise<void>;
  close(): void;
}

export interface KeyOptions {
  /** `DATA_DIR/keys`. */
  readonly directory: string;
  /** Encrypts the private keys at rest. Keys that lie there open are encrypted when one is first given. */
  readonly passphrase?: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

// How often a process looks whether the keys changed.
export const WATCH_MS = 1000;

interface LoadedKey extends StoredKey {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly privateKey?: KeyObject;
  readonly thumbprint: string;
}

/**
 * The sealer of a set that is sealed, or that is to be; nothing for open sets. The passphrase is tried on what is
 * sealed already: new keys under another one would make the whole set unreadable.
 */
export const sealerFor = async (keyset: Keyset | undefined, passphrase: string | undefined) => {
  if (passphrase === undefined && keyset?.sealing) {
    throw new Fault('key.unusable', 'our private keys are encrypted; KEY_PASSPHRASE_FILE must name their passphrase');
  }
  if (passphrase === undefined) return undefined;
  const sealer = await createSealer(passphrase, keyset?.sealing);
  const sealed = keyset?.sealing && keyset.keys.find((key) => key.private !== undefined);
  if (sealed?.private) sealer.open(sealed.private, sealed.id);
  return sealer;
};

const openPrivate = ({ id, private: secret }: StoredKey, keyset: Keyset, sealer: Sealer | undefined): KeyObject => {
  const pem = keyset.sealing && sealer ? sealer.open(secret as string, id) : (secret as string);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Fault('key.unusable', `our key ${id} cannot be read`, {}, { cause });
  }
};

const loadKeys = (keyset: Keyset, sealer: Sealer | undefined): Promise<LoadedKey[]> =>
  Promise.all(
    keyset.keys.map(async (key) => ({
      ...key,
      fromMs: Date.parse(key.from),
      untilMs: key.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.until),
      thumbprint: await calculateJwkThumbprint(key.public as JWK),
      ...(key.private !== undefined && { privateKey: openPrivate(key, keyset, sealer) }),
    })),
  );

/** Makes the first set, or seals one that lies open though a passphrase is given; then answers what is in force. */
const ensureKeyset = async (
  { directory, passphrase, clock = systemClock }: KeyOptions,
  found: KeysetRevision | undefined,
): Promise<KeysetRevision & { sealer: Sealer | undefined }> => {
  const sealer = await sealerFor(found?.keyset, passphrase);
  if (found && (!sealer || found.keyset.sealing)) return { ...found, sealer };
  const now = clock();
  const keys: readonly StoredKey[] = found
    ? found.keyset.keys.map((key) =>
        key.private && sealer ? { ...key, private: sealer.seal(key.private, key.id) } : key,
      )
    : await makeKeys({ createdMs: now, fromMs: now, sealer });
  const keyset: Keyset = { format: 1, ...(sealer && { sealing: sealer.sealing }), keys };
  const revision = (found?.revision ?? 0) + 1;
  if (await writeKeyset(directory, revision, keyset)) return { revision, keyset, sealer };
  return await ensureKeyset(
    { directory, clock, ...(passphrase !== undefined && { passphrase }) },
    await readKeyset(directory),
  );
};

const isExpired = ({ untilMs, privateKey }: LoadedKey, now: number): boolean => untilMs <= now || !privateKey;

/** The keys of one algorithm that have not expired, the one in use first, then those to come, then older ones. */
const inForce = (keys: readonly LoadedKey[], algorithm: OwnAlgorithm, now: number): readonly LoadedKey[] => {
  const live = keys
    .filter((key) => key.algorithm === algorithm && !isExpired(key, now))
    .sort((a, b) => b.fromMs - a.fromMs);
  const active = live.find((key) => key.fromMs <= now) ?? live.at(-1);
  return active ? [active, ...live.filter((key) => key !== active)] : [];
};

const kidFor = (key: LoadedKey, senderId: string): string =>
  key.algorithm === 'EdDSA' ? `${senderId}|${key.id}|ed25519` : key.thumbprint;

const publish = (key: LoadedKey, kid: string): PublicJwk => ({
  ...key.public,
  use: key.algorithm === 'RSA-OAEP-256' ? 'enc' : 'sig',
  alg: key.algorithm,
  kid,
});

/** Opens our keys, making them on the first start. Several processes starting at once agree on one set. */
export const openKeys = async (options: KeyOptions): Promise<OwnKeys> => {
  const { directory, clock = systemClock, log = silentLogger } = options;
  let { revision, keyset, sealer } = await ensureKeyset(options, await readKeyset(directory));
  let loaded = await loadKeys(keyset, sealer);

  // Asked for each message; which key is in use changes at most once a second.
  const chosen = new Map<OwnAlgorithm, { keys: readonly LoadedKey[]; second: number; from: readonly LoadedKey[] }>();
  const inUse = (algorithm: OwnAlgorithm): readonly LoadedKey[] => {
    const now = clock();
    const second = Math.floor(now / 1000);
    const known = chosen.get(algorithm);
    if (known?.second === second && known.from === loaded) return known.keys;
    const keys = inForce(loaded, algorithm, now);
    chosen.set(algorithm, { keys, second, from: loaded });
    if (keys.length === 0) throw new Fault('key.unusable', `we have no ${algorithm} key`);
    return keys;
  };

  const reload = async (): Promise<void> => {
    if ((await newestRevision(directory)) === revision) return;
    const found = await readKeyset(directory);
    if (!found || found.revision === revision) return;
    const unlock =
      JSON.stringify(found.keyset.sealing) === JSON.stringify(keyset.sealing)
        ? sealer
        : await sealerFor(found.keyset, options.passphrase);
    loaded = await loadKeys(found.keyset, unlock);
    ({ revision, keyset } = found);
    sealer = unlock;
    log.info({ revision }, 'own keys reloaded');
  };

  // A new set that cannot be read leaves the old one in force: the server goes on, and says so.
  const watch = setInterval(() => {
    reload().catch((error: unknown) => log.error({ err: error }, 'cannot reload own keys'));
  }, WATCH_MS);
  watch.unref();

  const stateOf = (key: LoadedKey, now: number): KeyInfo['state'] => {
    if (key.revoked !== undefined) return 'revoked';
    if (isExpired(key, now)) return 'expired';
    if (inForce(loaded, key.algorithm, now)[0] === key) return 'active';
    return key.fromMs > now ? 'coming' : 'retired';
  };

  return {
    signingKey(algorithm) {
      const key = inUse(algorithm)[0] as LoadedKey;
      return {
        id: key.id,
        algorithm,
        privateKey: key.privateKey as KeyObject,
        publicJwk: key.public,
        kidFor: (senderId) => kidFor(key, senderId),
      };
    },
    decryptionKeys: () =>
      inUse('RSA-OAEP-256').map((key) => ({
        id: key.id,
        kid: key.thumbprint,
        privateKey: key.privateKey as KeyObject,
      })),
    jwks(senderIds) {
      const names = [...new Set(senderIds)];
      const okp = names.flatMap((name) => inUse('EdDSA').map((key) => publish(key, kidFor(key, name))));
      const rsa = inUse('RS256').map((key) => publish(key, key.thumbprint));
      // Only the key in use: nobody should start to encrypt to one that is going or not everywhere yet.
      const encryption = inUse('RSA-OAEP-256')
        .slice(0, 1)
        .map((key) => publish(key, key.thumbprint));
      return { keys: [...okp, ...rsa, ...encryption] };
    },
    list() {
      const now = clock();
      return loaded.map((key) => ({
        id: key.id,
        algorithm: key.algorithm,
        state: stateOf(key, now),
        created: key.created,
        from: key.from,
        ...(key.until !== undefined && { until: key.until }),
        publicJwk: publish(key, key.algorithm === 'EdDSA' ? key.id : key.thumbprint),
      }));
    },
    reload,
    close: () => clearInterval(watch),
  };
};
