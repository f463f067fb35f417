import { showConfig } from '../config/index.ts';
import type { CommandFile } from './context.ts';

export const config: CommandFile = (command, context) => {
  command
    .command('check')
    .description('check every setting; lists all faults at once')
    .action(async () => {
      await context.config();
      context.print({ ok: true }, () => 'The configuration is usable.');
    });
  command
    .command('show')
    .description('print the settings in force, secrets masked')
    .action(async () => {
      const shown = showConfig(await context.config());
      context.print(shown, () =>
        Object.entries(shown)
          .map(([name, value]) => `${name}=${String(value)}`)
          .join('\n'),
      );
    });
};
