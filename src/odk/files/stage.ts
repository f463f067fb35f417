import { toTimestamp } from '../../core/clock.ts';
import { isFault } from '../../core/fault.ts';
import { isCentralError } from '../central/answer.ts';
import type { PollContext, PollStage } from '../ports.ts';
import { attachFile } from './attach.ts';
import { fetchFile } from './fetch.ts';
import { type FileEntry, noteMissingFile, readDueFiles, readFiles, sumFetched, writeFiles } from './files.store.ts';
import { findOutstanding } from './outstanding.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Longer than this nobody waits for a file, and no stored one is looked at again. */
const AGE_LIMIT = 14 * DAY;

const CONCURRENCY = 2;
const BATCH = 100;
const MAX_CONFLICTS = 5;
/** Stored files that one run looks at again: each costs a request, and hardly any was sent anew. */
const RECHECKS = 100;

/** Twice as long each time, from a minute to an hour. */
const backOff = (tries: number): number => Math.min(HOUR, MINUTE * 2 ** Math.min(tries, 10));

interface Run {
  readonly context: PollContext;
  readonly now: number;
  /** No request is begun after this. */
  readonly until: number;
  bytesLeft: number;
}

const isOver = ({ context, until, bytesLeft }: Run): boolean => bytesLeft <= 0 || context.clock() > until;

/** Writes how an attempt came out; when the last file of a submission is settled, its dead letter goes. */
const settle = async (run: Run, file: FileEntry, change: Partial<FileEntry>): Promise<void> => {
  const settled: FileEntry = { ...file, ...change, askedAt: run.now };
  for (let tries = 1; ; tries += 1) {
    try {
      return await write(run.context, settled);
    } catch (error) {
      // Somebody changed the registrant at this moment: what they wrote is read anew.
      if (tries >= MAX_CONFLICTS || !isFault(error) || error.code !== 'record.version-conflict') throw error;
    }
  }
};

const write = (context: PollContext, settled: FileEntry): Promise<void> =>
  context.write(async (tx) => {
    const siblings = await readFiles(tx, context.place, [settled.instanceId]);
    // An edit may have taken the file out of the answers while it was on its way.
    if (!siblings.some(({ name }) => name === settled.name)) return;
    await writeFiles(tx, context.place, [settled]);
    if (settled.state === 'stored' && settled.blob !== null) {
      const { name, blob, contentType, size } = settled;
      const attachment = { name, blob, hash: blob, contentType: contentType ?? '', size: size ?? 0 };
      await attachFile(tx, context.registry, settled.targets, attachment, context.writer);
    }
    const failed = [...siblings.filter(({ name }) => name !== settled.name), settled].find(
      ({ state }) => state === 'failed',
    );
    const at = { now: toTimestamp(context.clock()), mappingVersion: context.source.mappingVersion };
    await noteMissingFile(tx, context.place, settled.instanceId, at, failed);
  });

const waitOn = async (run: Run, file: FileEntry): Promise<void> => {
  const tries = file.tries + 1;
  const isTooOld = run.now - file.firstAt > AGE_LIMIT;
  await settle(
    run,
    file,
    isTooOld
      ? { state: 'failed', reason: 'attachment-missing', tries }
      : { tries, nextAt: run.now + backOff(file.tries) },
  );
};

/** When a stored file is looked at again: often while it is new, and at last no more. */
const recheckAt = (run: Run, file: FileEntry): number => {
  const age = run.now - file.firstAt;
  return age > AGE_LIMIT ? 0 : run.now + Math.min(DAY, Math.max(HOUR, age));
};

const attempt = async (run: Run, file: FileEntry): Promise<void> => {
  const { context } = run;
  const { maxBytes } = context.source.settings.files;
  try {
    const found = await fetchFile(context, file, maxBytes);
    if (found === 'absent') {
      // What Central has lost since is not lost here.
      if (file.state === 'stored') return await settle(run, file, { nextAt: recheckAt(run, file) });
      return await waitOn(run, file);
    }
    const stored = { state: 'stored', reason: null, tries: 0, nextAt: recheckAt(run, file) } as const;
    if (found === 'same') return await settle(run, file, stored);
    run.bytesLeft -= found.size;
    const { blob, size, md5, contentType } = found;
    await settle(run, file, { ...stored, blob, size, md5, contentType, fetchedAt: run.now });
  } catch (error) {
    if (isFault(error) && error.code === 'body.too-large') {
      run.bytesLeft -= maxBytes;
      await settle(run, file, { state: 'failed', reason: 'attachment-too-large', tries: file.tries + 1 });
    } else if (isCentralError(error) || (isFault(error) && ['net.upstream', 'net.refused'].includes(error.code))) {
      context.log.warn({ instance: file.instanceId, error: error.message }, 'a file of a submission was not fetched');
      await waitOn(run, file);
    } else throw error;
  }
};

/** Takes what is due, a batch at a time, by two workers; a batch is asked for only once in a run. */
const takeBatch = async (run: Run, files: readonly FileEntry[]): Promise<void> => {
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file && !isOver(run); file = waiting.shift()) await attempt(run, file);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
};

const run = async (context: PollContext): Promise<void> => {
  const { source, place, db, clock, eager } = context;
  const now = clock();
  const { bytesPerHour } = source.settings.files;
  const state: Run = {
    context,
    now,
    // The next poll must not wait for thousands of photos: what is left is still due then.
    until: eager ? Number.POSITIVE_INFINITY : now + source.settings.everyMs,
    bytesLeft: bytesPerHour - (await db.read((reader) => sumFetched(reader, source.name, now - HOUR))),
  };
  const due = { before: now, now: eager ? undefined : now };
  while (!isOver(state)) {
    const files = await db.read((reader) => readDueFiles(reader, place, 'outstanding', { ...due, limit: BATCH }));
    if (files.length === 0) break;
    const { there, absent } = await findOutstanding(context, files);
    for (const file of absent) await waitOn(state, file);
    await takeBatch(state, there);
  }
  const stored = await db.read((reader) => readDueFiles(reader, place, 'stored', { ...due, limit: RECHECKS }));
  await takeBatch(state, stored);
};

/**
 * Fetches the files that imported submissions name (odk.md §9), apart from and after the registrants. Killed at any
 * moment, it goes on with what is still due.
 */
export const filesStage: PollStage = { name: 'files', run };
