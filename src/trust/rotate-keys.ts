import { systemClock, toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import type { Sealer } from './key-seal.ts';
import { type Keyset, readKeyset, type StoredKey, writeKeyset } from './keyset-file.ts';
import { makeKeys } from './make-keys.ts';
import { type KeyOptions, sealerFor, WATCH_MS } from './own-keys.ts';

// A process that has not seen the new key yet would publish a set without it, so nobody signs with it before all
// have looked several times. Within the ten seconds that dci.md §15.4 allows.
const LEAD_MS = 6 * WATCH_MS;

/**
 * How long our published set may be kept by who fetched it: a set from just before a process saw the new key is gone
 * by the time that key signs.
 */
export const PUBLISHED_MAX_AGE_SECONDS = (LEAD_MS - WATCH_MS) / 1000;

// A signature of the string form lives 300 seconds, but peers take the JWS forms for as long as `message_ts` is fresh:
// 24 hours. The rest is for clocks that differ.
const OVERLAP_MS = 24 * 3_600_000 + 15 * 60_000;

const retire = (key: StoredKey, now: number, untilMs: number): StoredKey => {
  if (key.until === undefined) return { ...key, until: toTimestamp(untilMs) };
  if (Date.parse(key.until) > now) return key;
  const { private: _, ...remains } = key;
  return remains;
};

/** Changes the set under whoever else changes it: what `next` makes of the newest one counts, once it is written. */
const change = async <T>(
  { directory, passphrase, clock = systemClock }: KeyOptions,
  next: (keyset: Keyset, now: number, sealer: Sealer | undefined) => Promise<{ keys: readonly StoredKey[]; result: T }>,
): Promise<T> => {
  for (;;) {
    const found = await readKeyset(directory);
    if (!found) throw new Fault('key.unusable', 'there are no keys yet; the first start of the server makes them');
    const sealer = await sealerFor(found.keyset, passphrase);
    if (sealer && !found.keyset.sealing) {
      throw new Fault('key.unusable', 'the keys are not encrypted yet; start the server with the passphrase first');
    }
    const { keys, result } = await next(found.keyset, clock(), sealer);
    if (await writeKeyset(directory, found.revision + 1, { ...found.keyset, keys })) return result;
  }
};

/**
 * Replaces our keys: new ones are published at once and used within ten seconds by every running server; the old ones
 * stay published until the last message signed with them has gone stale. Private halves whose time is over are deleted.
 */
export const rotateKeys = (options: KeyOptions): Promise<readonly { id: string; algorithm: string }[]> =>
  change(options, async (keyset, now, sealer) => {
    const made = await makeKeys({ createdMs: now, fromMs: now + LEAD_MS, sealer });
    const kept = keyset.keys.map((key) => retire(key, now, now + LEAD_MS + OVERLAP_MS));
    return { keys: [...made, ...kept], result: made.map(({ id, algorithm }) => ({ id, algorithm })) };
  });

const isLive = (key: StoredKey, now: number): boolean =>
  key.private !== undefined && (key.until === undefined || Date.parse(key.until) > now);

/**
 * Withdraws one of our keys before its time, because it may be in foreign hands: no server signs with it, publishes it
 * or opens messages with it once it has looked. What was signed with it and recorded stays verifiable.
 */
export const revokeKey = (options: KeyOptions, id: string): Promise<{ id: string; algorithm: string }> =>
  change(options, async ({ keys }, now) => {
    const key = keys.find((one) => one.id === id);
    if (!key) throw new Fault('key.unusable', `we have no key ${id}; "keys list" shows them`);
    const { private: _, algorithm, ...rest } = key;
    const others = keys.filter((one) => one !== key && one.algorithm === algorithm && isLive(one, now));
    if (isLive(key, now) && others.length === 0) {
      throw new Fault('key.unusable', `${id} is our only ${algorithm} key: make another first, with "keys rotate"`);
    }
    const at = toTimestamp(now);
    const revoked: StoredKey = { ...rest, algorithm, until: at, revoked: rest.revoked ?? at };
    return { keys: keys.map((one) => (one === key ? revoked : one)), result: { id, algorithm } };
  });
