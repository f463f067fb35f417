import { isWorker } from '../cluster.ts';
import { createLogger } from '../logger.ts';
import { startServer } from '../server.ts';
import type { CommandFile } from './context.ts';
import { untilStopped } from './until-stopped.ts';

export const serve: CommandFile = (command, context) => {
  command.action(async () => {
    const config = await context.config();
    const log = createLogger(config.logLevel);
    const stopped = untilStopped();
    const server = await startServer(config, log);
    if (!isWorker()) process.stdout.write(`${JSON.stringify({ ready: true, url: server.url })}\n`);
    await stopped;
    await server.stop();
  });
};
