import { type Reader, rowsOf } from '../storage/index.ts';
import type { Catalogue } from './attributes.ts';
import { createCatalogue, type OpenAttribute } from './catalogue.ts';

/** The catalogue in memory, and the way to be certain of it. */
export interface CatalogueCache {
  /** As last seen by this process. */
  readonly current: () => Catalogue;
  /** As the given transaction sees it: what a write derives from must be exact. */
  readonly exact: (reader: Reader) => Promise<Catalogue>;
}

export const readOpenAttributes = (reader: Reader): Promise<readonly OpenAttribute[]> =>
  rowsOf<OpenAttribute>(reader, 'select kind, name, type from open_attributes order by kind, name');

export const createCatalogueCache = (): CatalogueCache => {
  let known = '[]';
  let catalogue = createCatalogue([]);
  return {
    current: () => catalogue,
    exact: async (reader) => {
      const rows = await readOpenAttributes(reader);
      const text = JSON.stringify(rows);
      // The same object as long as nothing changed: what others worked out from it stays good.
      if (text !== known) {
        known = text;
        catalogue = createCatalogue(rows);
      }
      return catalogue;
    },
  };
};
