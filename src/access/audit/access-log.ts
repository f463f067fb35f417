import { type Clock, toTimestamp } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EntryDraft, LedgerWriter } from '../../ledger/ports.ts';
import type { Tx } from '../../storage/index.ts';

/** One access through a door other than the DCI one. Nothing in it but `body` and `subjects` may name a person. */
export interface AccessRow {
  /** Method and path, a path that can hold an identifier as its pattern; or the command, e.g. `peer add`. */
  readonly endpoint: string;
  /** Who it was, once that is certain: the id of a client or peer, or `operator` for whoever has the command line. */
  readonly who?: string;
  readonly status?: number;
  /** Why it was refused. */
  readonly refusal?: string;
  readonly facts?: JsonObject;
  readonly body?: Buffer;
  readonly subjects?: readonly string[];
}

/** The audit log of every door: its rows are leaves of the ledger's tree (product.md, "What bad input gets"). */
export interface AccessLog {
  /** Answers once durable; what somebody unknown does is bounded as on the ledger. */
  record(row: AccessRow): Promise<void>;
  /** Commits with the change it tells of, or not at all. */
  recordIn(tx: Tx, row: AccessRow): void;
}

export const createAccessLog = ({
  ledger,
  clock,
}: {
  readonly ledger: Pick<LedgerWriter, 'append' | 'record' | 'recordStranger'>;
  readonly clock: Clock;
}): AccessLog => {
  const toDraft = ({ who, ...row }: AccessRow): EntryDraft => ({
    kind: 'access',
    direction: 'in',
    at: toTimestamp(clock()),
    ...(who === undefined ? {} : { peer: who }),
    ...row,
  });
  return {
    async record(row) {
      if (row.who === undefined) await ledger.recordStranger(toDraft(row));
      else await ledger.record([toDraft(row)]);
    },
    recordIn(tx, row) {
      ledger.append(tx, [toDraft(row)]);
    },
  };
};
