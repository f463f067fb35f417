import { isObject } from '../core/json.ts';
import { fold } from '../core/text.ts';
import type { EntryDraft } from '../ledger/ports.ts';

// Identifiers beyond this many in one message are not listed one by one; the message as a whole is still kept.
const MAX_SUBJECTS = 5000;

/** The value of an identifier in the standard's form, in a question, and in the forms of two peers. */
const identifierIn = (value: Readonly<Record<string, unknown>>): string | undefined => {
  const { identifier_value: standard, type, value: plain, name, identifier, idType } = value;
  if (typeof standard === 'string') return standard;
  if (typeof plain === 'string' && (typeof type === 'string' || isObject(idType))) return plain;
  return typeof identifier === 'string' && typeof name === 'string' ? identifier : undefined;
};

// Under one of these names stands whatever `identifierIn` answers: most objects have none of them.
const valueNames = new Set(['identifier_value', 'value', 'identifier']);

/** The identifiers of people named in a message, wherever they stand: erasure finds the message by them. */
export const subjectsOf = (value: unknown, found: Set<string> = new Set()): ReadonlySet<string> => {
  if (found.size >= MAX_SUBJECTS) return found;
  if (Array.isArray(value)) for (const item of value) subjectsOf(item, found);
  else if (isObject(value)) {
    let mayName = false;
    for (const name in value) {
      const member = value[name];
      if (typeof member === 'object') subjectsOf(member, found);
      else if (typeof member === 'string' && valueNames.has(name)) mayName = true;
    }
    const named = mayName ? identifierIn(value) : undefined;
    if (named !== undefined) found.add(named);
  }
  return found;
};

/** Tells whether a message names this identifier, in the spelling in which erasure looks for it. */
export const namesIdentifier = (identifier: string): ((value: unknown) => boolean) => {
  const wanted = fold(identifier.trim());
  const names = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(names);
    if (!isObject(value)) return false;
    const named = identifierIn(value);
    return (named !== undefined && fold(named.trim()) === wanted) || Object.values(value).some(names);
  };
  return names;
};

/** The ids by which a message belongs to others. */
export const idsOf = (message: unknown): Pick<EntryDraft, 'transactionId' | 'correlationId'> => {
  const text = (name: string): string | undefined => {
    const value = isObject(message) ? message[name] : undefined;
    return typeof value === 'string' && value.length <= 99 ? value : undefined;
  };
  const transactionId = text('transaction_id');
  const correlationId = text('correlation_id');
  return { ...(transactionId ? { transactionId } : {}), ...(correlationId ? { correlationId } : {}) };
};
