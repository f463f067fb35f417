import { Fault } from '../core/fault.ts';
import type { Apply } from './apply/apply.ts';
import { holdSource } from './hold-source.ts';
import { compileMapping } from './mappings.ts';
import type { PollContext } from './ports.ts';
import { readSource } from './sources.store.ts';
import { placeOf } from './status.ts';
import { readEntries, requeueLetters } from './submissions.store.ts';
import { createTally } from './tally.ts';

export interface Retried {
  readonly retried: number;
  /** Imported now, or no longer to be imported. */
  readonly cleared: number;
  readonly parked: number;
}

export type RetryDeps = Pick<PollContext, 'db' | 'registry' | 'programmes' | 'clock' | 'log'> & {
  readonly apply: Apply;
};

/** Maps parked submissions again, from what is staged: one, those of one reason, or all. Central is not asked. */
export const createRetry =
  ({ apply, ...deps }: RetryDeps) =>
  async (name: string, which: { readonly instanceId?: string; readonly reason?: string }): Promise<Retried> => {
    const { db } = deps;
    const held = await holdSource(db, name);
    try {
      const source = await db.read((reader) => readSource(reader, name));
      if (!source) throw new Fault('odk.source-unknown', `there is no ODK source ${name}`);
      const place = placeOf(source);
      const ids = await held.write((tx) => requeueLetters(tx, place, which));
      const { write } = held;
      const mapping = compileMapping(source.mapping);
      await apply.retry({ ...deps, source, place, mapping, writer: `odk:${name}`, write, tally: createTally() }, ids);
      const after = await db.read((reader) => readEntries(reader, place, ids));
      const parked = [...after.values()].filter(({ reason }) => reason !== null).length;
      return { retried: ids.length, cleared: ids.length - parked, parked };
    } finally {
      await held.release();
    }
  };
