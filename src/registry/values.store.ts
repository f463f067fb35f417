import { anyOf, insertRows, listOf, rowsOf, type Tx } from '../storage/index.ts';
import type { SearchRows } from './search-rows.ts';

/** Writes the searchable values of registrants: `fresh` ones have no rows yet. */
export const writeValues = async (
  tx: Tx,
  owners: readonly { readonly seq: number; readonly fresh: boolean; readonly values: SearchRows['values'] }[],
): Promise<void> => {
  const known = owners.filter(({ fresh }) => !fresh).map(({ seq }) => seq);
  if (known.length > 0) {
    await rowsOf(tx, `delete from registrant_values where ${anyOf(tx.profile, 'registrant')}`, [
      listOf(tx.profile, known),
    ]);
  }
  const rows = owners.flatMap(({ seq, values }) => values.map(([attribute, value]) => [attribute, value, seq]));
  await insertRows(tx, 'registrant_values', ['attribute', 'value', 'registrant'], rows);
};

/** Replaces the values of one attribute. */
export const replaceValues = async (
  tx: Tx,
  attribute: string,
  owners: readonly { readonly seq: number; readonly values: readonly string[] }[],
): Promise<void> => {
  if (owners.length === 0) return;
  await rowsOf(tx, `delete from registrant_values where attribute = ? and ${anyOf(tx.profile, 'registrant')}`, [
    attribute,
    listOf(
      tx.profile,
      owners.map(({ seq }) => seq),
    ),
  ]);
  const rows = owners.flatMap(({ seq, values }) => values.map((value) => [attribute, value, seq]));
  await insertRows(tx, 'registrant_values', ['attribute', 'value', 'registrant'], rows);
};
