import type { Clock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import {
  createRegistry,
  type GroupDraft,
  type IndividualDraft,
  type Query,
  type Registrant,
  type Registry,
  type SaveRequest,
  type Search,
} from '../../src/registry/index.ts';
import type { Database } from '../../src/storage/index.ts';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const BY = 'user:test';

/** A clock that tests move. */
export const handClock = (start = NOW): Clock & { advance(ms: number): void } => {
  let now = start;
  return Object.assign(() => now, {
    advance(ms: number) {
      now += ms;
    },
  });
};

export const registryOn = (db: Database, clock: Clock = () => NOW): Registry =>
  createRegistry({ db, clock, log: silentLogger });

let counter = 0;
/** A value that no other test of this run uses. */
export const unique = (prefix: string): string => {
  counter += 1;
  return `${prefix}-${process.pid}-${counter}`;
};

export const person = (given: string, more: Partial<IndividualDraft> = {}): IndividualDraft => ({
  kind: 'individual',
  active: true,
  identifiers: [],
  name: { given, family: 'Diallo' },
  ...more,
});

export const household = (name: string, more: Partial<GroupDraft> = {}): GroupDraft => ({
  kind: 'group',
  active: true,
  identifiers: [],
  name,
  groupType: 'household',
  ...more,
});

/** Saves drafts as new registrants; answers their ids. */
export const put = async (
  db: Database,
  registry: Registry,
  ...drafts: readonly SaveRequest['draft'][]
): Promise<string[]> => {
  const saved = await db.write((tx) =>
    registry.save(
      tx,
      drafts.map((draft) => ({ draft })),
      BY,
    ),
  );
  return saved.map(({ id }) => id);
};

export const get = async (registry: Registry, id: string): Promise<Registrant> => {
  const found = (await registry.load([id])).get(id);
  if (!found) throw new Error('not stored');
  return found;
};

/** Ids of those who match. */
export const ids = async (registry: Registry, query: Query, more: Partial<Search> = {}): Promise<readonly string[]> => {
  const [found] = await registry.search([{ kind: 'individual', query, limit: 100, offset: 0, ...more }]);
  return (found?.registrants ?? []).map(({ id }) => id);
};
