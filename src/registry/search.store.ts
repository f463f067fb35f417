import { type Reader, rowsOf } from '../storage/index.ts';
import { SYSTEM_ID } from './identifier-types.ts';
import { findHolders } from './identifiers.store.ts';
import type { Registrant } from './model.ts';
import type { Found, Search } from './ports.ts';
import type { Query } from './query/ast.ts';
import { checkQuery, checkSort } from './query/check.ts';
import { type CompileContext, compileQuery, compileSort } from './query/compile.ts';
import { columns, type RegistrantRow, rowsByIds, rowsBySeqs, toRegistrant } from './registrant.store.ts';

/** The tables that searches read, for `Database.analyze`. */
export const searchedTables: readonly string[] = ['registrants', 'registrant_values', 'identifiers', 'memberships'];

type IdentifierQuery = Extract<Query, { op: 'identifier' }>;

/** The identifier that a question asks for and nothing else. */
const asLookup = (query: Query): IdentifierQuery | undefined => {
  if (query.op === 'identifier') return query;
  if ((query.op === 'and' || query.op === 'or') && query.of.length === 1 && query.of[0]) return asLookup(query.of[0]);
  return undefined;
};

const page = (registrants: readonly Registrant[], search: Search): Found => ({
  registrants: registrants.slice(search.offset, search.offset + search.limit),
  total: registrants.length,
});

interface Holder {
  readonly heldType: string;
  readonly seq: number;
  readonly registrant: Registrant;
}

/** Whoever holds any of the values, by the value held. */
const holdersOf = async (
  reader: Reader,
  values: readonly string[],
  today: string,
): Promise<ReadonlyMap<string, readonly Holder[]>> => {
  const byValue = new Map<string, Holder[]>();
  for (const match of values.length === 0 ? [] : await findHolders(reader, values, today)) {
    const holder = { heldType: match.held_type, seq: match.seq, registrant: toRegistrant(match) };
    const list = byValue.get(match.held_value);
    if (list) list.push(holder);
    else byValue.set(match.held_value, [holder]);
  }
  return byValue;
};

/** Each registrant once, in the order of their numbers. */
const inOrder = (found: readonly Holder[]): readonly Registrant[] => {
  if (found.length < 2) return found.map(({ registrant }) => registrant);
  const bySeq = new Map(found.map(({ seq, registrant }) => [seq, registrant]));
  return [...bySeq].sort(([a], [b]) => a - b).map(([, registrant]) => registrant);
};

/** Answers all the look-ups of a call with one statement over their values. */
const lookUp = async (
  reader: Reader,
  lookups: readonly { readonly search: Search; readonly query: IdentifierQuery }[],
  context: CompileContext,
): Promise<readonly Found[]> => {
  const typesOf = lookups.map(({ query }) => (query.type === undefined ? undefined : context.typesFor(query.type)));
  const isOwnId = (i: number): boolean => typesOf[i]?.includes(SYSTEM_ID) ?? true;
  const values = new Set<string>();
  const ids = new Set<string>();
  lookups.forEach(({ query }, i) => {
    if (!typesOf[i]?.includes(SYSTEM_ID)) values.add(query.value);
    if (isOwnId(i)) ids.add(query.value.toLowerCase());
  });
  const held = await holdersOf(reader, [...values], context.today);
  const own = new Map((await rowsByIds(reader, [...ids])).map((row) => [row.id, row]));
  return lookups.map(({ search, query }, i) => {
    const types = typesOf[i];
    const holders = types?.includes(SYSTEM_ID) ? [] : (held.get(query.value) ?? []);
    const found = holders.filter(
      ({ heldType, registrant }) =>
        registrant.kind === search.kind && (types === undefined || types.includes(heldType)),
    );
    const mine = isOwnId(i) ? own.get(query.value.toLowerCase()) : undefined;
    if (mine && mine.kind === search.kind)
      found.push({ heldType: SYSTEM_ID, seq: mine.seq, registrant: toRegistrant(mine) });
    return page(inOrder(found), search);
  });
};

/** Answers one question of any form. */
const ask = async (reader: Reader, search: Search, context: CompileContext): Promise<Found> => {
  const { kind, limit, offset } = search;
  const condition = compileQuery(search.query, kind, context);
  const where = `kind = ? and ${condition.sql}`;
  const bindings = [kind, ...condition.bindings];
  let rows: readonly RegistrantRow[] = [];
  if (limit > 0 && !search.sort?.length) {
    rows = await rowsOf<RegistrantRow>(
      reader,
      `select ${columns} from registrants where ${where} order by seq limit ? offset ?`,
      [...bindings, limit, offset],
    );
  } else if (limit > 0) {
    // First the numbers alone: what is sorted should be small.
    const order = compileSort(search.sort ?? [], kind, context);
    const found = await rowsOf<{ seq: number }>(
      reader,
      `select seq from registrants where ${where} order by ${order.sql} limit ? offset ?`,
      [...bindings, ...order.bindings, limit, offset],
    );
    const seqs = found.map(({ seq }) => seq);
    const bySeq = new Map((await rowsBySeqs(reader, seqs)).map((row) => [row.seq, row]));
    rows = seqs.flatMap((seq) => bySeq.get(seq) ?? []);
  }
  const registrants = rows.map(toRegistrant);
  // A page that is not full ends the answer, and tells its size without counting.
  if (rows.length < limit && (rows.length > 0 || offset === 0)) return { registrants, total: offset + rows.length };
  const [count] = await rowsOf<{ n: number }>(reader, `select count(*) as n from registrants where ${where}`, bindings);
  return { registrants, total: Number(count?.n ?? 0) };
};

/** Answers many searches, in their order; those that ask for an identifier alone are answered together. */
export const runSearches = async (
  reader: Reader,
  searches: readonly Search[],
  context: CompileContext,
): Promise<readonly Found[]> => {
  const found = new Array<Found>(searches.length);
  const lookups: { readonly search: Search; readonly query: IdentifierQuery; readonly at: number }[] = [];
  searches.forEach((search, at) => {
    checkQuery(search.query, search.kind, context.catalogue);
    checkSort(search.sort ?? [], search.kind, context.catalogue);
    const query = asLookup(search.query);
    if (query) lookups.push({ search, query, at });
  });
  if (lookups.length > 0) {
    const answers = await lookUp(reader, lookups, context);
    lookups.forEach(({ at }, i) => {
      found[at] = answers[i] as Found;
    });
  }
  for (const [at, search] of searches.entries()) found[at] ??= await ask(reader, search, context);
  return found;
};
