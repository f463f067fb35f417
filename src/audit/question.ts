import { Fault } from '../core/fault.ts';
import { isStorableText } from '../core/text.ts';
import type { LedgerQuestion } from '../ledger/index.ts';

type Given = Readonly<Record<string, string | string[] | undefined>>;

const MAX_TEXT = 300;
const MAX_LIMIT = 1000;

const refuse = (name: string, message: string): Fault =>
  new Fault('query.invalid', `${name}: ${message}`, { path: `/${name}`, errors: [{ path: `/${name}`, message }] });

const textOf = (given: Given, name: string): string | undefined => {
  const value = given[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw refuse(name, 'is given more than once');
  if (value === '' || value.length > MAX_TEXT || !isStorableText(value)) throw refuse(name, 'is not usable');
  return value;
};

/** A whole number that was given, within bounds. */
export const wholeOf = (given: Given, name: string, most = Number.MAX_SAFE_INTEGER): number | undefined => {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || value > most) throw refuse(name, `is not a whole number up to ${most}`);
  return value;
};

/** A whole number that must be given. */
export const requiredOf = (given: Given, name: string): number => {
  const value = wholeOf(given, name);
  if (value === undefined) throw refuse(name, 'is missing');
  return value;
};

const oneOf = <T extends string>(given: Given, name: string, values: readonly T[]): T | undefined => {
  const text = textOf(given, name);
  if (text === undefined) return undefined;
  const value = values.find((one) => one === text);
  if (value === undefined) throw refuse(name, `is none of ${values.join(', ')}`);
  return value;
};

const timeOf = (given: Given, name: string): string | undefined => {
  const text = textOf(given, name);
  if (text !== undefined && Number.isNaN(Date.parse(text))) throw refuse(name, 'is not a time: expected RFC 3339');
  return text;
};

const names = [
  'kind',
  'direction',
  'peer',
  'from',
  'to',
  'message_id',
  'transaction_id',
  'subject',
  'after',
  'limit',
  'order',
  'bodies',
];

/** Reads the query of `GET /ledger/entries`; unknown names are refused, as a typing error would answer too much. */
export const toQuestion = (given: Given): LedgerQuestion => {
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  if (stranger !== undefined) throw refuse(stranger.slice(0, 50), `is not known: expected ${names.join(', ')}`);
  const limit = wholeOf(given, 'limit', MAX_LIMIT);
  if (limit === 0) throw refuse('limit', 'must be at least 1');
  const read = {
    kind: oneOf(given, 'kind', ['message', 'access', 'aggregate', 'erasure']),
    direction: oneOf(given, 'direction', ['in', 'out']),
    peer: textOf(given, 'peer'),
    from: timeOf(given, 'from'),
    to: timeOf(given, 'to'),
    messageId: textOf(given, 'message_id'),
    transactionId: textOf(given, 'transaction_id'),
    subject: textOf(given, 'subject'),
    after: wholeOf(given, 'after'),
    limit,
    newestFirst: oneOf(given, 'order', ['asc', 'desc']) === 'desc',
    bodies: oneOf(given, 'bodies', ['true', 'false']) === 'true',
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as LedgerQuestion;
};
