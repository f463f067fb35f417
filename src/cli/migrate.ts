import { silentLogger } from '../core/log.ts';
import { openDatabase } from '../storage/index.ts';
import type { CommandFile } from './context.ts';

export const migrate: CommandFile = (command, context) => {
  command.action(async () => {
    const db = await openDatabase({ url: (await context.config()).databaseUrl, log: silentLogger });
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
