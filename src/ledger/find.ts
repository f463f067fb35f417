import { Fault } from '../core/fault.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { Database } from '../storage/index.ts';
import { readState } from './append.store.ts';
import { type EntryFilter, findEntries, firstSeqAt, readBody, type StoredEntry } from './entries.store.ts';
import type { EntryKind } from './ports.ts';
import { subjectHash } from './subjects.ts';

/** A question to the ledger. What is absent does not matter; times are those of recording. */
export interface LedgerQuestion {
  readonly kind?: EntryKind;
  readonly direction?: 'in' | 'out';
  readonly peer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly messageId?: string;
  readonly transactionId?: string;
  /** An identifier of a person, as written in the messages. */
  readonly subject?: string;
  /** The seq after which to go on (in the chosen order). */
  readonly after?: number;
  readonly newestFirst?: boolean;
  readonly limit?: number;
  /** Load the exact bytes too. */
  readonly bodies?: boolean;
}

export interface FoundEntry {
  readonly seq: number;
  /** The leaf as it is hashed. */
  readonly leaf: string;
  /** The leaf read as JSON; `undefined` when somebody damaged it. */
  readonly entry: JsonObject | undefined;
  readonly leafHash: Buffer;
  readonly erasedBy: number | undefined;
  readonly salt?: Buffer;
  readonly body?: Buffer;
}

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

/** Bodies may be large; an answer that holds them stays within this many bytes and says where to go on. */
const MAX_BODIES = 8 * 1024 * 1024;

const readLeaf = (leaf: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(leaf);
    return isObject(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
};

const toFound = (row: StoredEntry): FoundEntry => ({
  seq: row.seq,
  leaf: row.leaf,
  entry: readLeaf(row.leaf),
  leafHash: row.leafHash,
  erasedBy: row.erasedBy,
});

const timeOf = (name: string, text: string): string => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new Fault('query.invalid', `${name} is not a time: expected RFC 3339`, { path: `/${name}` });
  return new Date(ms).toISOString();
};

/** Answers questions about entries; `next` is where to go on, absent at the end. */
export const createFind =
  ({ db }: { readonly db: Database }) =>
  async (
    question: LedgerQuestion,
  ): Promise<{ readonly entries: readonly FoundEntry[]; readonly next: number | undefined }> =>
    await db.snapshot(async (reader) => {
      const { frontier, subjectKey } = await readState(reader);
      const { from, to, after, newestFirst = false } = question;
      let begin = from === undefined ? 0 : await firstSeqAt(reader, timeOf('from', from), frontier.size);
      let end = to === undefined ? frontier.size : await firstSeqAt(reader, timeOf('to', to), frontier.size);
      if (after !== undefined && newestFirst) end = Math.min(end, after);
      if (after !== undefined && !newestFirst) begin = Math.max(begin, after + 1);
      const limit = Math.min(question.limit ?? DEFAULT_LIMIT, MAX_LIMIT);
      const filter: EntryFilter = {
        ...(question.kind === undefined ? {} : { kind: question.kind }),
        ...(question.direction === undefined ? {} : { direction: question.direction }),
        ...(question.peer === undefined ? {} : { peer: question.peer }),
        ...(question.messageId === undefined ? {} : { messageId: question.messageId }),
        ...(question.transactionId === undefined ? {} : { transactionId: question.transactionId }),
        ...(question.subject === undefined ? {} : { subject: subjectHash(subjectKey, question.subject) }),
        begin,
        end,
        newestFirst,
        limit: limit + 1,
      };
      const rows = await findEntries(reader, filter);
      const entries: FoundEntry[] = [];
      let bytes = 0;
      for (const row of rows.slice(0, limit)) {
        const body = question.bodies ? await readBody(reader, row.seq) : undefined;
        bytes += body?.body.length ?? 0;
        if (entries.length > 0 && bytes > MAX_BODIES) break;
        entries.push({ ...toFound(row), ...(body ? { salt: body.salt, body: body.body } : {}) });
      }
      return { entries, next: rows.length > entries.length ? entries.at(-1)?.seq : undefined };
    });
