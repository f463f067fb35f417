import type { Clock } from '../../core/clock.ts';
import { isObject } from '../../core/json.ts';
import { findInPages } from '../../core/pages.ts';
import { fold } from '../../core/text.ts';
import { discard, findOlder, readPayloads, withdraw } from '../../delivery/index.ts';
import type { Copies } from '../../ledger/ports.ts';
import type { Database } from '../../storage/index.ts';
import { namesIdentifier } from '../entry-facts.ts';
import { NOTIFY } from './notification.ts';
import { eraseContents, findEnded, forgetSealed, readContents } from './subscriptions.store.ts';

const PAGE = 100;

/** Notifications that did not arrive yet, or were given up. Erasing one means that its subscriber is not told of it. */
export const notificationCopies = ({ db }: { readonly db: Database }): Copies<number> => ({
  tables: ['deliveries', 'dci_sealed_notifications'],
  async findSubject(identifier) {
    const names = namesIdentifier(identifier);
    return await findInPages(
      0,
      (after) => db.read((reader) => readPayloads(reader, NOTIFY, { after, limit: PAGE })),
      ({ seq }) => seq,
      ({ payload }) => names(payload),
    );
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

/** Whether a query asks for this identifier, of whatever type. */
const asksFor = (identifier: string): ((query: unknown) => boolean) => {
  const wanted = fold(identifier.trim());
  const asks = (query: unknown): boolean => {
    if (Array.isArray(query)) return query.some(asks);
    if (!isObject(query)) return false;
    const { op, value } = query;
    return (op === 'identifier' && fold(String(value).trim()) === wanted) || Object.values(query).some(asks);
  };
  return asks;
};

/**
 * What subscriptions ask for. One that names the person ends: it would go on telling of whom it is not to know any
 * more, and its filter is what remains of an erased message. By age go those that have ended.
 */
export const subscriptionCopies = ({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): Copies<string> => ({
  tables: ['dci_subscriptions'],
  async findSubject(identifier) {
    const names = namesIdentifier(identifier);
    const asks = asksFor(identifier);
    return await findInPages(
      '',
      (after) => db.read((reader) => readContents(reader, { after, limit: PAGE })),
      ({ code }) => code,
      ({ query, item }) => names(item) || asks(query),
    );
  },
  async findOlder(direction, before, limit) {
    return direction === 'in' ? await db.read((reader) => findEnded(reader, before, limit)) : [];
  },
  async erase(tx, found) {
    const erased = await eraseContents(tx, found, clock());
    await withdraw(tx, NOTIFY, found);
    return erased;
  },
});
