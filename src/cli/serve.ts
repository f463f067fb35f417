import { isWorker } from '../cluster.ts';
import { createLogger } from '../logger.ts';
import { startServer } from '../server.ts';
import type { CommandFile } from './context.ts';
import { untilStopped } from './until-stopped.ts';

export const serve: CommandFile = (program, context) => {
  program
    .command('serve')
    .description('serve until SIGTERM or Ctrl-C; says {"ready":true,"url":…} on standard output once it answers')
    .action(async () => {
      const config = context.config();
      const log = createLogger(config.logLevel);
      const stopped = untilStopped();
      const server = await startServer(config, log);
      if (!isWorker()) process.stdout.write(`${JSON.stringify({ ready: true, url: server.url })}\n`);
      await stopped;
      await server.stop();
    });
};
