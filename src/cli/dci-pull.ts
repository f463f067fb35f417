import type { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import type { PullReport } from '../dci/client/pull.ts';
import type { StandingPull } from '../dci/client/pulls.store.ts';
import type { CliContext } from './context.ts';
import { toCount, toSearchQuestion, type WhomOptions, whomOptions } from './dci-questions.ts';
import { table } from './table.ts';

interface AddOptions extends WhomOptions {
  readonly peer: string;
  readonly every: string;
  readonly programme?: string;
  readonly pageSize?: string;
  readonly sinceAttribute: string;
}

const wire = (pull: StandingPull): object => ({
  name: pull.name,
  peer: pull.peer,
  registry: pull.question.registry,
  every_seconds: pull.everySeconds,
  programme: pull.programme ?? null,
  cursor: pull.cursor ?? null,
  due: new Date(pull.due).toISOString(),
  ran_at: pull.ranAt ?? null,
  report: pull.report ?? null,
  error: pull.error ?? null,
});

/** `90`, `15m`, `6h`, `1d` in seconds. */
const toSeconds = (text: string): number => {
  const [, count, unit = 's'] = /^([1-9]\d{0,6})([smhd])?$/.exec(text) ?? [];
  if (count === undefined) throw new Fault('query.invalid', '--every is seconds, or a number with s, m, h or d');
  return Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1);
};

export const reportText = ({ records, created, updated, unchanged, failed, errors }: PullReport): string =>
  [
    `${records} records: ${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed`,
    ...errors.slice(0, 20).map(({ line, reason }) => `record ${line}: ${reason}`),
  ].join('\n');

/** `dci pull …`: questions that are asked again and again, and their records taken in. */
export const addPull = (dci: Command, context: CliContext): void => {
  const command = dci.command('pull').description('ask again and again, and take in what has changed');

  whomOptions(command.command('add').description('add a standing question, or change the one of this name'))
    .argument('<name>', 'what it is called')
    .requiredOption('--every <time>', 'how often: seconds, or 15m, 6h, 1d')
    .option('--programme <id>', 'the programme that those who come in are put into')
    .option('--page-size <n>', 'records of a page')
    .option('--since-attribute <name>', 'what the peer calls the time of the last change', 'last_updated')
    .action(async (name: string, options: AddOptions) => {
      const ground = await context.ground();
      const size = toCount(options.pageSize, '--page-size');
      if (!(await ground.peerDirectory.bySenderId(options.peer))) {
        throw new Fault('peer.unknown', `there is no active peer ${options.peer}`);
      }
      const added = await ground.asking.pulls.add(name, options.peer, {
        question: toSearchQuestion(options, ground.config.dciRegistry),
        everySeconds: toSeconds(options.every),
        sinceAttribute: options.sinceAttribute,
        ...(options.programme === undefined ? {} : { programme: options.programme }),
        ...(size === undefined ? {} : { pageSize: size }),
      });
      context.print(wire(added), () => `${name} is asked from now on, every ${options.every}, by the running server.`);
    });

  command
    .command('list')
    .description('list the standing questions, how far each has come and what it brought last')
    .action(async () => {
      const all = await (await context.ground()).asking.pulls.list();
      context.print(all.map(wire), () =>
        table(
          ['name', 'peer', 'cursor', 'last run', 'outcome'],
          all.map((one) => [
            one.name,
            one.peer,
            one.cursor ?? '',
            one.ranAt ?? 'never',
            one.error ?? (one.report ? (reportText(one.report).split('\n')[0] ?? '') : ''),
          ]),
        ),
      );
    });

  command
    .command('run')
    .description('ask one now')
    .argument('<name>', 'what it is called')
    .action(async (name: string) => {
      const report = await (await context.ground()).asking.pulls.run(name);
      context.print(report, () => reportText(report));
      if (report.failed > 0) context.fail();
    });

  command
    .command('remove')
    .description('ask it no more; what it brought stays')
    .argument('<name>', 'what it is called')
    .action(async (name: string) => {
      await (await context.ground()).asking.pulls.remove(name);
      context.print({ removed: name }, () => `${name} is removed.`);
    });
};
