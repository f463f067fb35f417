import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Database, Reader } from '../storage/index.ts';
import type { Catalogue } from './attributes.ts';
import {
  createTypeSearch,
  defaultIdentifierAliases,
  type IdentifierAliases,
  SYSTEM_ID,
  toIdentifierType,
} from './identifier-types.ts';
import { findHolderIds } from './identifiers.store.ts';
import { readKinships } from './kinships.store.ts';
import { dayOf } from './liveness.ts';
import type { Kind, Registrant } from './model.ts';
import { createCatalogueCache } from './open-attributes.store.ts';
import type { Registry } from './ports.ts';
import type { CompileContext } from './query/compile.ts';
import { ATTRIBUTES_TOPIC, holdCatalogue, registerOpenAttributes } from './register-attributes.store.ts';
import { rowsByIds, toRegistrant } from './registrant.store.ts';
import { createRemove } from './remove.ts';
import { createSave, type WriteDeps } from './save.ts';
import { createSaveMemberships } from './save-memberships.ts';
import { createSaveTogether } from './save-together.ts';
import { runSearches } from './search.store.ts';
import { createSetFacts } from './set-facts.ts';
import { walkRegistrants } from './walk.store.ts';

export interface RegistryDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Further names of identifier types, for searches. */
  readonly aliases?: IdentifierAliases;
}

/** The registry on a database whose schema is up to date. */
export const createRegistry = ({ db, clock, log, aliases = defaultIdentifierAliases }: RegistryDeps): Registry => {
  const typesFor = createTypeSearch(aliases);
  const cache = createCatalogueCache();
  let stale = true;
  const refresh = async (): Promise<void> => {
    if (!stale) return;
    stale = false;
    try {
      await db.read(cache.exact);
    } catch (error) {
      stale = true;
      throw error;
    }
  };
  // At once, and not when somebody asks: `catalogue.find` cannot wait.
  db.onTouch(ATTRIBUTES_TOPIC, () => {
    stale = true;
    refresh().catch((error: unknown) => log.warn({ err: error }, 'cannot read the attribute catalogue'));
  });
  const catalogue: Catalogue = {
    find: (kind, name) => cache.current().find(kind, name),
    list: (kind) => cache.current().list(kind),
  };

  const read = <T>(reader: Reader | undefined, work: (reader: Reader) => Promise<T>): Promise<T> =>
    reader ? work(reader) : db.read(work);

  const writing: WriteDeps = {
    clock,
    catalogue: async (tx) => {
      await holdCatalogue(tx, 'shared');
      return await cache.exact(tx);
    },
  };

  const save = createSave(writing);
  const saveMemberships = createSaveMemberships(writing);

  return {
    catalogue,
    async search(searches) {
      await refresh();
      const context: CompileContext = {
        catalogue: cache.current(),
        profile: db.profile,
        today: dayOf(clock()),
        typesFor,
      };
      return await db.read((reader) => runSearches(reader, searches, context));
    },
    load: (ids, reader) =>
      read(reader, async (from) => {
        const rows = new Map((await rowsByIds(from, ids)).map((row) => [row.id, row]));
        const found = new Map<string, Registrant>();
        for (const id of ids) {
          const row = rows.get(id);
          if (row) found.set(id, toRegistrant(row));
        }
        return found;
      }),
    holders: (identifiers, reader) =>
      read(reader, async (from) => {
        const wanted = identifiers.map(({ type, value }) => ({ type: toIdentifierType(type), value }));
        const values = wanted.filter(({ type }) => type !== SYSTEM_ID).map(({ value }) => value);
        const ids = wanted.filter(({ type }) => type === SYSTEM_ID).map(({ value }) => value.toLowerCase());
        const found = new Map<string, { readonly id: string; readonly kind: Kind }>();
        if (values.length > 0) {
          for (const row of await findHolderIds(from, values, dayOf(clock()))) {
            found.set(`${row.held_type}\u0000${row.held_value}`, { id: row.id, kind: row.kind });
          }
        }
        for (const { id, kind } of await rowsByIds(from, ids)) found.set(`${SYSTEM_ID}\u0000${id}`, { id, kind });
        return wanted.map(({ type, value }) =>
          found.get(`${type}\u0000${type === SYSTEM_ID ? value.toLowerCase() : value}`),
        );
      }),
    kinships: (ids, options, reader) => read(reader, (from) => readKinships(from, ids, options)),
    walk: (kind, options) => walkRegistrants(db, kind, options),
    save: async (tx, requests, by) => (await save(tx, requests, by)).saved,
    saveMemberships,
    saveTogether: createSaveTogether(writing, save, saveMemberships),
    setFacts: createSetFacts(writing),
    remove: createRemove(writing),
    registerAttributes: (tx, attributes) => registerOpenAttributes(tx, attributes, clock),
  };
};
