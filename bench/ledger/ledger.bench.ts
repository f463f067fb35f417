import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { openLedger, signerOfKeys } from '../../src/ledger/index.ts';
import type { EntryDraft } from '../../src/ledger/ports.ts';
import { openKeys } from '../../src/trust/index.ts';
import type { PublicJwk } from '../../src/trust/ports.ts';
import { createSender } from '../dci/messages.ts';
import { makePlace, openPlace } from '../support/place.ts';
import { type Row, toRow } from '../support/row.ts';

const CALLERS = 64;
const SENDER = 'bench.example.org';

/** A signed search as it came in, recorded with the key that verified it. */
const makeDrafts = (count: number): readonly EntryDraft[] => {
  const sender = createSender(SENDER);
  const key = sender.jwk as PublicJwk;
  const signature = { form: 'string' as const, verified: true, algorithm: 'EdDSA', key, sender: SENDER };
  return Array.from({ length: count }, (_, i) => ({
    kind: 'message' as const,
    direction: 'in' as const,
    endpoint: 'POST /registry/sync/search',
    at: new Date().toISOString(),
    peer: SENDER,
    status: 200,
    messageId: `bench-${i}`,
    signature: { ...signature, kid: key.kid as string, keySource: 'registered' },
    body: Buffer.from(sender.message([`ID-${i}`])),
    subjects: [`ID-${i}`],
  }));
};

/** Rows: entries appended for many callers at once, each durable before it is answered, and all verified after. */
export const benchLedger = async ({ entries }: { entries: number }): Promise<readonly Row[]> => {
  const place = await makePlace();
  const { db } = await openPlace(place);
  const keys = await openKeys({ directory: join(place.folder, 'keys') });
  try {
    const signer = signerOfKeys(keys, 'crosswalk.local');
    const origin = 'crosswalk.local/ledger';
    const ledger = await openLedger({ db, clock: Date.now, log: silentLogger, signer, origin });
    const drafts = makeDrafts(entries);
    const started = performance.now();
    let next = 0;
    const call = async (): Promise<void> => {
      while (next < drafts.length) {
        next += 1;
        await ledger.record([drafts[next - 1] as EntryDraft]);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, call));
    const appended = entries / ((performance.now() - started) / 1000);
    await ledger.checkpoint();
    const before = process.memoryUsage.rss();
    const cpu = process.cpuUsage();
    const result = await ledger.verify();
    const used = process.cpuUsage(cpu);
    const signatureSeconds = result.signatures / Math.max(result.signatures_per_second, 1);
    if (!result.ok || result.signatures !== entries) throw new Error('the ledger did not verify');
    return [
      toRow({
        name: 'ledger: entries appended, durable before answered',
        unit: 'entries a second',
        ours: appended,
        budget: { is: 'at least', value: 0, of: 'ours' },
        about: { entries, callers: CALLERS, budgetIs: 'the share of a signed search, in a row of its own' },
      }),
      toRow({
        name: 'ledger: verification of signed entries, without the signature checks',
        unit: 'entries a second',
        ours: result.entries_per_second,
        budget: { is: 'at least', value: 20_000, of: 'ours' },
        about: {
          entries,
          cpuSeconds: (used.user + used.system) / 1e6,
          ofThemForSignaturesAtMost: signatureSeconds,
          signaturesPerSecond: result.signatures_per_second,
          grewMegabytes: Math.round((process.memoryUsage.rss() - before) / 1e6),
        },
      }),
    ];
  } finally {
    keys.close();
    await db.close();
    await place.remove();
  }
};
