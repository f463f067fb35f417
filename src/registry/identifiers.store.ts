import { Fault } from '../core/fault.ts';
import { anyOf, insertRows, listOf, preparedRowsOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import { SYSTEM_ID, toIdentifierType } from './identifier-types.ts';
import { isLiveIdentifier } from './liveness.ts';
import type { Identifier, Kind } from './model.ts';
import { columns, type RegistrantRow } from './registrant.store.ts';

interface HolderRow {
  readonly value: string;
  readonly type: string;
  readonly registrant: number;
  readonly end_date: string | null;
}

/** What one registrant wants to hold from now on. */
export interface Claim {
  /** Its number, or a negative one for a registrant that has none yet. */
  readonly owner: number;
  readonly before: readonly Identifier[];
  readonly after: readonly Identifier[];
  /** Place in the caller's batch. */
  readonly index: number;
}

const keyOf = (type: string, value: string): string => `${type}\u0000${value}`;

const taken = (type: string, details: { readonly index?: number; readonly path?: string }, cause?: unknown): Fault =>
  new Fault(
    'identifier.taken',
    `an identifier of type ${type} belongs to another registrant`,
    { type, ...details },
    cause === undefined ? undefined : { cause },
  );

export const systemIdTaken = (index: number): Fault => taken(SYSTEM_ID, { index });

const live = (
  identifiers: readonly Identifier[],
  today: string,
): { key: string; type: string; value: string; at: number }[] =>
  identifiers.flatMap((identifier, at) => {
    if (!isLiveIdentifier(identifier, today)) return [];
    const type = toIdentifierType(identifier.type);
    return [{ key: keyOf(type, identifier.value), type, value: identifier.value, at }];
  });

/**
 * Checks a batch of claims against what others hold, in the order of the batch: what an earlier one lets go, a later
 * one may take. Throws `identifier.taken`, naming the type and never the value. Frees identifiers whose end has passed.
 */
export const checkClaims = async (tx: Tx, claims: readonly Claim[], today: string): Promise<void> => {
  const values = new Set(claims.flatMap(({ after }) => after.map(({ value }) => value)));
  if (values.size === 0) return;
  const list = listOf(tx.profile, [...values]);
  const rows = await rowsOf<HolderRow>(
    tx,
    `select value, type, registrant, end_date from identifiers where ${anyOf(tx.profile, 'value')}`,
    [list],
  );
  const holders = new Map<string, number>();
  let lapsed = false;
  for (const row of rows) {
    if (row.end_date !== null && row.end_date < today) lapsed = true;
    else holders.set(keyOf(row.type, row.value), row.registrant);
  }
  if (lapsed) {
    await rowsOf(tx, `delete from identifiers where end_date < ? and ${anyOf(tx.profile, 'value')}`, [today, list]);
  }
  for (const { owner, before, after, index } of claims) {
    const wanted = live(after, today);
    const keys = new Set(wanted.map(({ key }) => key));
    for (const { key } of live(before, today)) if (!keys.has(key) && holders.get(key) === owner) holders.delete(key);
    for (const { key, type, at } of wanted) {
      const holder = holders.get(key);
      if (holder !== undefined && holder !== owner) throw taken(type, { index, path: `/identifiers/${at}` });
      holders.set(key, owner);
    }
  }
};

/** The unique index is the last guard, for two transactions that claim the same at the same time. */
const translate = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  const { code, table } = error as Error & { code?: string; table?: string };
  const violated =
    (code === '23505' && table === 'identifiers') ||
    (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' && error.message.includes('identifiers.'));
  return violated
    ? new Fault('identifier.taken', 'an identifier belongs to another registrant', {}, { cause: error })
    : error;
};

/** Writes the live identifiers of registrants: `fresh` ones have no rows yet. */
export const writeIdentifiers = async (
  tx: Tx,
  owners: readonly { readonly seq: number; readonly fresh: boolean; readonly identifiers: readonly Identifier[] }[],
  today: string,
): Promise<void> => {
  const known = owners.filter(({ fresh }) => !fresh).map(({ seq }) => seq);
  if (known.length > 0) {
    await rowsOf(tx, `delete from identifiers where ${anyOf(tx.profile, 'registrant')}`, [listOf(tx.profile, known)]);
  }
  const rows = owners.flatMap(({ seq, identifiers }) => {
    const mine = new Map(
      identifiers
        .filter((identifier) => isLiveIdentifier(identifier, today))
        .map(({ type, value, end }) => {
          const known = toIdentifierType(type);
          return [keyOf(known, value), [value, known, seq, end ?? null]];
        }),
    );
    return [...mine.values()];
  });
  try {
    await insertRows(tx, 'identifiers', ['value', 'type', 'registrant', 'end_date'], rows);
  } catch (error) {
    throw translate(error);
  }
};

/** A registrant as the answer of a look-up, with the identifier by which it was found. */
export interface HolderMatch extends RegistrantRow {
  readonly held_value: string;
  readonly held_type: string;
}

const prefixed = columns
  .split(',')
  .map((column) => `r.${column}`)
  .join(',');
const joined = 'from identifiers i join registrants r on r.seq = i.registrant';
const stillLive = '(i.end_date is null or i.end_date >= ?)';

/** Registrants that hold any of the values, with the type and value held, whatever the type. */
export const findHolders = async (
  reader: Reader,
  values: readonly string[],
  today: string,
): Promise<readonly HolderMatch[]> => {
  const what = `${prefixed}, i.value as held_value, i.type as held_type`;
  if (values.length === 1) {
    // The case of nearly every request has a statement of its own.
    return await preparedRowsOf<HolderMatch>(reader, `select ${what} ${joined} where i.value = ? and ${stillLive}`, [
      values[0],
      today,
    ]);
  }
  return await preparedRowsOf<HolderMatch>(
    reader,
    `select ${what} ${joined} where ${anyOf(reader.profile, 'i.value')} and ${stillLive}`,
    [listOf(reader.profile, values), today],
  );
};

/** As `findHolders`, of ids and kinds alone. */
export const findHolderIds = async (
  reader: Reader,
  values: readonly string[],
  today: string,
): Promise<readonly { id: string; kind: Kind; held_value: string; held_type: string }[]> =>
  await rowsOf(
    reader,
    `select r.id, r.kind, i.value as held_value, i.type as held_type ${joined}
     where ${anyOf(reader.profile, 'i.value')} and ${stillLive}`,
    [listOf(reader.profile, values), today],
  );
