import { exportFile } from '../exchange/export/export.ts';
import type { CommandFile } from './context.ts';
import { toFormat, toKind } from './import.ts';

interface Options {
  readonly kind?: string;
  readonly since?: string;
  readonly format?: string;
  readonly registry?: string;
}

export const exportCommand: CommandFile = (command, context) => {
  command
    .argument('<file>', 'the file to write')
    .option('--kind <kind>', 'individual or group (default: both)')
    .option('--since <time>', 'only what changed since then')
    .option('--format <format>', 'api-v2 (default) or dci')
    .option('--registry <registry>', 'with --format dci: social, crvs, dr, fr or ibr')
    .action(async (path: string, options: Options) => {
      const report = await exportFile(await context.ground(), {
        path,
        ...toKind(options.kind),
        ...(options.since === undefined ? {} : { since: options.since }),
        ...toFormat(options.format, options.registry),
      });
      context.print(report, () => `${path}: ${report.individuals} people, ${report.groups} groups`);
    });
};
