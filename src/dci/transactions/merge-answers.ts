import { isObject } from '../../core/json.ts';
import type { TransactionKey } from './transaction.ts';

type Members = Readonly<Record<string, unknown>>;

/** The items that are asked about: those of these references, or of these subscription codes. */
export interface AskedKeys {
  readonly kind: TransactionKey['kind'];
  readonly values: readonly string[];
}

const listOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The keys of one item of an answer. */
const keysOf = (item: Members, kind: AskedKeys['kind']): readonly unknown[] =>
  kind === 'reference'
    ? [item['reference_id']]
    : [item['code'], ...listOf(item['subscriptions']).map((subscription) => subscription['code'])];

const LISTS = ['search_response', 'subscribe_response', 'subscription_status'] as const;

/**
 * Makes one answer of those of several transactions (newest first) to a question about some of their items: the ids are
 * those of the newest, and of each item the newest word counts. Without keys the one answer is told whole.
 */
export const mergeAnswers = (answers: readonly Members[], asked: AskedKeys | undefined): Members => {
  const [newest = {}] = answers;
  const list = LISTS.find((name) => Array.isArray(newest[name]));
  if (!asked || !list) return newest;
  const wanted = new Set(asked.values);
  const told = new Map<string, Members>();
  for (const item of answers.flatMap((answer) => listOf(answer[list]))) {
    const key = keysOf(item, asked.kind).find((one) => wanted.has(String(one)));
    if (key !== undefined && !told.has(String(key))) told.set(String(key), item);
  }
  // A subscription that ended is told by the unsubscribe as a whole, also where the list holds nothing of it.
  if (list === 'subscription_status' && told.size === 0) return newest;
  return { ...newest, [list]: [...new Set(asked.values.flatMap((value) => told.get(value) ?? []))] };
};
