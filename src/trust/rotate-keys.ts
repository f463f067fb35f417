import { systemClock, toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { readKeyset, type StoredKey, writeKeyset } from './keyset-file.ts';
import { makeKeys } from './make-keys.ts';
import { type KeyOptions, sealerFor, WATCH_MS } from './own-keys.ts';

// A process that has not seen the new key yet would publish a set without it, so nobody signs with it before all
// have looked three times. Within the ten seconds that dci.md §15.4 allows.
const LEAD_MS = 3 * WATCH_MS;

// A signature of the string form lives 300 seconds, but peers take the JWS forms for as long as `message_ts` is fresh:
// 24 hours. The rest is for clocks that differ.
const OVERLAP_MS = 24 * 3_600_000 + 15 * 60_000;

const retire = (key: StoredKey, now: number, untilMs: number): StoredKey => {
  if (key.until === undefined) return { ...key, until: toTimestamp(untilMs) };
  if (Date.parse(key.until) > now) return key;
  const { private: _, ...remains } = key;
  return remains;
};

/**
 * Replaces our keys: new ones are published at once and used within ten seconds by every running server; the old ones
 * stay published until the last message signed with them has gone stale. Private halves whose time is over are deleted.
 */
export const rotateKeys = async (options: KeyOptions): Promise<readonly { id: string; algorithm: string }[]> => {
  const { directory, passphrase, clock = systemClock } = options;
  for (;;) {
    const found = await readKeyset(directory);
    if (!found) throw new Fault('key.unusable', 'there are no keys yet; the first start of the server makes them');
    const sealer = await sealerFor(found.keyset, passphrase);
    if (sealer && !found.keyset.sealing) {
      throw new Fault('key.unusable', 'the keys are not encrypted yet; start the server with the passphrase first');
    }
    const now = clock();
    const made = await makeKeys({ createdMs: now, fromMs: now + LEAD_MS, sealer });
    const kept = found.keyset.keys.map((key) => retire(key, now, now + LEAD_MS + OVERLAP_MS));
    const written = await writeKeyset(directory, found.revision + 1, { ...found.keyset, keys: [...made, ...kept] });
    if (written) return made.map(({ id, algorithm }) => ({ id, algorithm }));
  }
};
