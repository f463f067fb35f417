import { silentLogger } from '../core/log.ts';
import { openDatabase } from '../storage/index.ts';
import type { CommandFile } from './context.ts';

export const migrate: CommandFile = (program, context) => {
  program
    .command('migrate')
    .description('bring the database schema to the newest state (serve does this by itself)')
    .action(async () => {
      const db = await openDatabase({ url: context.config().databaseUrl, log: silentLogger });
      try {
        const migrations = await db.migrate();
        context.print({ migrations }, () =>
          migrations.length === 0 ? 'The schema is up to date.' : `Ran ${migrations.length}: ${migrations.join(', ')}`,
        );
      } finally {
        await db.close();
      }
    });
};
