import { singleFlight } from '../core/async.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { type Logger, silentLogger } from '../core/log.ts';
import type { FetchJwks } from '../net/index.ts';
import type { KeySource, PublicJwk } from './ports.ts';
import { isRevoked, toPublicJwk, type VerificationKey, verificationKeys } from './verification-key.ts';

/**
 * Key sets of others, fetched from their registered addresses and kept for a while.
 *
 * A set is kept for the configured time or its own `max-age`, whichever is shorter, and never longer: there is no
 * grace when it cannot be fetched again, because then a peer that revokes a stolen key could be kept from being heard
 * by whoever can disturb the line. Its messages are refused until its key set answers again.
 */
export interface KeySets {
  /** The keys in force; throws `net.upstream` or `net.refused` when they cannot be fetched. */
  fetched(source: KeySource): Promise<readonly VerificationKey[]>;
  /** The set asked for anew, as an unknown key id was met; nothing when it was asked for in the last five seconds. */
  refetched(source: KeySource): Promise<readonly VerificationKey[] | undefined>;
  /** The key to encrypt to: the first registered or fetched one with `use: enc`. */
  encryptionKey(source: KeySource): Promise<PublicJwk | undefined>;
}

export interface KeySetsOptions {
  readonly fetch: FetchJwks;
  /** `DCI_JWKS_CACHE_SECONDS`. */
  readonly cacheSeconds: number;
  readonly clock?: Clock;
  readonly log?: Logger;
}

interface Kept {
  readonly keys: readonly unknown[];
  readonly askedAt: number;
  readonly until: number;
  readonly fault?: Fault;
}

// At most one fetch in this time for unknown key ids, and after a failure: strangers must not make us knock on a
// peer's door with every made-up message.
const COOL_DOWN_MS = 5000;

// A peer that says max-age=0 is asked once a second, not once a message.
const LEAST_MS = 1000;

// Peers that were removed or moved leave their sets behind; more than this many and the oldest go.
const MOST_SETS = 5000;

const toFault = (error: unknown): Fault =>
  error instanceof Fault ? error : new Fault('net.upstream', 'the key set cannot be fetched', {}, { cause: error });

/** Keeps the key sets of others. */
export const createKeySets = (options: KeySetsOptions): KeySets => {
  const { fetch, cacheSeconds, clock = systemClock, log = silentLogger } = options;
  const sets = new Map<string, Kept>();
  const once = singleFlight<Kept>();

  const ask = async (id: string, url: string): Promise<Kept> => {
    const askedAt = clock();
    let kept: Kept;
    try {
      const { keys, maxAgeSeconds = cacheSeconds } = await fetch(url);
      const life = Math.max(LEAST_MS, Math.min(cacheSeconds, maxAgeSeconds) * 1000);
      kept = { keys, askedAt, until: askedAt + life };
    } catch (error) {
      const fault = toFault(error);
      log.warn({ host: URL.canParse(url) ? new URL(url).host : '', fault: fault.message }, 'cannot fetch a key set');
      // A set that is still in force stays so; only the cool-down begins again.
      const before = sets.get(id);
      kept =
        before && !before.fault && before.until > askedAt
          ? { ...before, askedAt }
          : { keys: [], askedAt, until: askedAt + COOL_DOWN_MS, fault };
    }
    sets.delete(id);
    sets.set(id, kept);
    if (sets.size > MOST_SETS) sets.delete(sets.keys().next().value as string);
    return kept;
  };

  const open = ({ keys, fault }: Kept): readonly unknown[] => {
    if (fault) throw new Fault(fault.code, fault.message, fault.details, { cause: fault });
    return keys;
  };

  const idOf = ({ senderId, jwksUrl }: KeySource): string => `${senderId}\n${jwksUrl}`;

  const current = async (source: KeySource): Promise<readonly unknown[]> => {
    if (source.jwksUrl === undefined) return [];
    const id = idOf(source);
    const kept = sets.get(id);
    if (kept && kept.until > clock()) return open(kept);
    const { jwksUrl } = source;
    return open(await once(id, () => ask(id, jwksUrl)));
  };

  return {
    fetched: async (source) => verificationKeys(await current(source)),
    async refetched(source) {
      const { jwksUrl } = source;
      if (jwksUrl === undefined) return undefined;
      const id = idOf(source);
      const kept = sets.get(id);
      if (kept && kept.askedAt + COOL_DOWN_MS > clock()) return undefined;
      return verificationKeys(open(await once(id, () => ask(id, jwksUrl))));
    },
    async encryptionKey(source) {
      const isFit = (key: PublicJwk | null): boolean => key?.use === 'enc' && !isRevoked(source, key);
      const registered = source.keys.find(isFit);
      if (registered) return registered;
      const found = (await current(source)).find((key) => isFit(key as PublicJwk | null));
      return found === undefined ? undefined : toPublicJwk(found);
    },
  };
};
