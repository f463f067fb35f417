import { isObject } from '../core/json.ts';
import type { EntryDraft } from '../ledger/ports.ts';

// Identifiers beyond this many in one message are not listed one by one; the message as a whole is still kept.
const MAX_SUBJECTS = 5000;

/** The identifiers of people named in a message, wherever they stand: erasure finds the message by them. */
export const subjectsOf = (value: unknown, found: Set<string> = new Set()): ReadonlySet<string> => {
  if (found.size >= MAX_SUBJECTS) return found;
  if (Array.isArray(value)) for (const item of value) subjectsOf(item, found);
  else if (isObject(value)) {
    const named = value['identifier_value'];
    if (typeof named === 'string') found.add(named);
    if (typeof value['type'] === 'string' && typeof value['value'] === 'string') found.add(value['value']);
    for (const member of Object.values(value)) if (typeof member === 'object') subjectsOf(member, found);
  }
  return found;
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
