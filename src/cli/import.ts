import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Fault } from '../core/fault.ts';
import { type RegistryName, registryNames } from '../dci/registries/registry.ts';
import { importFile } from '../exchange/import/import.ts';
import { isRowKind } from '../exchange/kinds.ts';
import type { CommandFile } from './context.ts';

interface Options {
  readonly kind?: string;
  readonly format?: string;
  readonly registry?: string;
  readonly dryRun?: true;
}

const toRegistry = (name: string | undefined): RegistryName => {
  const found = registryNames.find((one) => one === name);
  if (!found) throw new Fault('record.invalid', `--registry must be one of ${registryNames.join(', ')}`);
  return found;
};

export const toFormat = (format: string | undefined, registry: string | undefined) => {
  if (format === undefined || format === 'api-v2') return {};
  if (format !== 'dci') throw new Fault('record.invalid', '--format must be api-v2 or dci');
  return { format: { dci: toRegistry(registry) } };
};

export const toKind = (kind: string | undefined) => {
  if (kind === undefined) return {};
  if (!isRowKind(kind)) throw new Fault('record.invalid', `"${kind}" is not a kind of row`);
  return { kind };
};

export const importCommand: CommandFile = (command, context) => {
  command
    .argument('<file>', 'one resource per line; CSV by its ending')
    .option('--kind <kind>', 'what every line is (default: each line says it)')
    .option('--format <format>', 'api-v2 (default) or dci')
    .option('--registry <registry>', 'with --format dci: social, crvs, dr, fr or ibr')
    .option('--dry-run', 'write nothing, report what would happen')
    .action(async (path: string, options: Options) => {
      const ground = await context.ground();
      const bar = context.interactive
        ? new SingleBar({ format: '{value} lines · {speed} a second', stream: process.stderr })
        : undefined;
      const started = Date.now();
      bar?.start(0, 0, { speed: 0 });
      const report = await importFile(
        { ...ground, temporary: join(ground.config.dataDir, 'import') },
        {
          path,
          ...toKind(options.kind),
          ...toFormat(options.format, options.registry),
          dryRun: options.dryRun ?? false,
          onProgress: ({ lines }) =>
            bar?.update(lines, { speed: Math.round((lines * 1000) / (Date.now() - started + 1)) }),
        },
      ).finally(() => bar?.stop());
      context.print(report, () =>
        [
          `${report.lines} lines: ${report.created} created, ${report.updated} updated, ${report.unchanged} unchanged, ${report.failed} failed${report.dryRun ? ' (dry run: nothing was written)' : ''}`,
          ...report.errors.slice(0, 20).map(({ line, reason }) => `line ${line}: ${reason}`),
          ...(report.failed > 20 ? [`… and ${report.failed - 20} more; --json lists them`] : []),
        ].join('\n'),
      );
      if (report.failed > 0) context.fail();
    });
};
