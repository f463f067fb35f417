import { discard, findOlder, readPayloads } from '../../delivery/index.ts';
import type { Copies } from '../../ledger/ports.ts';
import type { Database } from '../../storage/index.ts';
import { namesIdentifier } from '../entry-facts.ts';
import { NOTIFY } from './notification.ts';
import { forgetSealed } from './subscriptions.store.ts';

const PAGE = 100;

/** Notifications that did not arrive yet, or were given up. Erasing one means that its subscriber is not told of it. */
export const notificationCopies = ({ db }: { readonly db: Database }): Copies => ({
  tables: ['deliveries', 'dci_sealed_notifications'],
  async findSubject(identifier) {
    const names = namesIdentifier(identifier);
    const found: number[] = [];
    for (let after = 0; ; ) {
      const page = await db.read((reader) => readPayloads(reader, NOTIFY, { after, limit: PAGE }));
      for (const { seq, payload } of page) if (names(payload)) found.push(seq);
      const last = page.at(-1);
      if (!last) return found;
      after = last.seq;
    }
  },
  async findOlder(direction, before, limit) {
    return direction === 'in' ? [] : await db.read((reader) => findOlder(reader, NOTIFY, before, limit));
  },
  async erase(tx, found) {
    const gone = await discard(tx, found);
    await forgetSealed(tx, gone);
    return gone.length;
  },
});
