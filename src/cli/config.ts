import { showConfig } from '../config/index.ts';
import type { CommandFile } from './context.ts';

export const config: CommandFile = (program, context) => {
  const command = program.command('config').description('look at the configuration');
  command
    .command('check')
    .description('check every setting; lists all faults at once')
    .action(() => {
      context.config();
      context.print({ ok: true }, () => 'The configuration is usable.');
    });
  command
    .command('show')
    .description('print the settings in force, secrets masked')
    .action(() => {
      const shown = showConfig(context.config());
      context.print(shown, () =>
        Object.entries(shown)
          .map(([name, value]) => `${name}=${String(value)}`)
          .join('\n'),
      );
    });
};
