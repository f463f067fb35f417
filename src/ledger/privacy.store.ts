import { anyOf, listOf, type Reader, rowsOf, type Tx } from '../storage/index.ts';
import { blockOf, readState } from './append.store.ts';
import { subjectHits } from './entries.store.ts';

/** Seqs, in order, of entries that still have a body and name this subject, or answer or ask one that does. */
export const seqsOfSubject = async (reader: Reader, subject: Buffer): Promise<readonly number[]> => {
  const end = (await readState(reader)).frontier.size;
  const [named, bindings] = subjectHits(reader.profile, subject, { begin: 0, end });
  const rows = await rowsOf<{ seq: number }>(
    reader,
    `with named as (select seq from (${named}) found),
      asked as (
        select reply_to as seq from ledger_entries where seq in (select seq from named) and reply_to is not null
        union select seq from named
      ),
      whole as (
        select seq from ledger_entries where reply_to in (select seq from asked) union select seq from asked
      )
    select seq from ledger_bodies where seq in (select seq from whole) order by seq`,
    bindings,
  );
  return rows.map(({ seq }) => Number(seq));
};

/** Seqs from `begin` up to `end`, in order, of messages of one direction that still have a body. */
export const seqsWithBody = async (
  reader: Reader,
  direction: string,
  begin: number,
  end: number,
  limit: number,
): Promise<readonly number[]> => {
  const rows = await rowsOf<{ seq: number }>(
    reader,
    `select b.seq from ledger_bodies b join ledger_entries e on e.seq = b.seq
     where b.seq >= ? and b.seq < ? and e.direction = ? order by b.seq limit ?`,
    [begin, end, direction, limit],
  );
  return rows.map(({ seq }) => Number(seq));
};

/** Deletes bodies, salts and subjects; answers, in order, the entries that still had a body. */
export const deleteBodies = async (tx: Tx, seqs: readonly number[]): Promise<readonly number[]> => {
  const list = [listOf(tx.profile, seqs)];
  const gone = await rowsOf<{ seq: number }>(
    tx,
    `delete from ledger_bodies where ${anyOf(tx.profile, 'seq')} returning seq`,
    list,
  );
  const blocks = [...new Set(seqs.map(blockOf))];
  await rowsOf(tx, `delete from ledger_subjects where ${anyOf(tx.profile, 'block')} and ${anyOf(tx.profile, 'seq')}`, [
    listOf(tx.profile, blocks),
    ...list,
  ]);
  await rowsOf(tx, `delete from ledger_subject_lists where ${anyOf(tx.profile, 'seq')}`, list);
  return gone.map(({ seq }) => Number(seq)).sort((a, b) => a - b);
};

export const markErased = async (tx: Tx, seqs: readonly number[], by: number): Promise<void> => {
  await rowsOf(tx, `update ledger_entries set erased_by = ? where ${anyOf(tx.profile, 'seq')}`, [
    by,
    listOf(tx.profile, seqs),
  ]);
};

/** The erasure entries, from seq `begin` on, that erased bodies of the entries from `from` up to `to`. */
export const erasersOf = async (
  reader: Reader,
  from: number,
  to: number,
  begin: number,
): Promise<readonly number[]> => {
  const rows = await rowsOf<{ seq: number }>(
    reader,
    'select distinct erased_by as seq from ledger_entries where seq >= ? and seq < ? and erased_by >= ? order by 1',
    [from, to, begin],
  );
  return rows.map(({ seq }) => Number(seq));
};
