import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { isFault } from '../core/fault.ts';
import type { Odk } from '../odk/odk.ts';
import type { CliContext } from './context.ts';
import { pollText } from './odk-text.ts';
import { untilStopped } from './until-stopped.ts';

interface SyncOptions {
  readonly once?: true;
  readonly reconcile?: true;
}

/** One poll, with its progress where somebody looks. */
const pollOnce = async (odk: Odk, name: string, context: CliContext, options: SyncOptions, signal?: AbortSignal) => {
  const bar = context.interactive
    ? new SingleBar({ format: `${name} [{bar}] {value} of {total} · {eta_formatted} left`, stream: process.stderr })
    : undefined;
  try {
    return await odk.sync(name, {
      eager: options.once ?? false,
      reconcile: options.reconcile ?? false,
      ...(signal ? { signal } : {}),
      onProgress({ done, expected }) {
        if (bar && !bar.isActive) bar.start(expected, done);
        bar?.setTotal(expected);
        bar?.update(done);
      },
    });
  } finally {
    bar?.stop();
  }
};

/** Polls by the source's schedule until Ctrl-C; a poll that fails is told of, and the next one goes on. */
const pollOn = async (odk: Odk, name: string, context: CliContext, options: SyncOptions): Promise<void> => {
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  while (!stopping.signal.aborted) {
    try {
      const report = await pollOnce(odk, name, context, options, stopping.signal);
      context.print(report, () => pollText(report));
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!isFault(error) || error.kind === 'not-found' || error.kind === 'invalid') throw error;
      process.stderr.write(`crosswalk: ${error.message}\n`);
    }
    const pause = await odk.intervalOf(name);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([stopped, new Promise((resolve) => (timer = setTimeout(resolve, pause)))]);
    clearTimeout(timer);
  }
};

export const addSync = (command: Command, context: CliContext): void => {
  command
    .command('sync')
    .description('import what is new and changed; polls by its schedule until Ctrl-C, or once')
    .argument('<name>', 'the source')
    .option('--once', 'one poll, with everything that is due; exit 0 only when it was completed')
    .option('--reconcile', 'also compare with Central’s own list of submissions')
    .action(async (name: string, options: SyncOptions) => {
      const { odk } = await context.ground();
      if (!options.once) return await pollOn(odk, name, context, options);
      const report = await pollOnce(odk, name, context, options);
      context.print(report, () => pollText(report));
    });
};
