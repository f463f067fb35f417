import { Command, CommanderError } from 'commander';
import type { Ground } from '../app.ts';
import type { Config } from '../config/index.ts';
import { isFault } from '../core/fault.ts';
import { commands } from './commands.ts';
import type { CliContext } from './context.ts';

const USAGE = 2;
const FAILED = 1;

/**
 * Runs one command line and answers the exit status: 0 done, 1 failed (one line on standard error says why), 2 wrong
 * usage.
 */
export const run = async (argv: readonly string[]): Promise<number> => {
  const program = new Command('crosswalk')
    .description(
      'Interoperability server for social protection: DCI registries, ODK Central import, an auditable ledger.',
    )
    .option('--json', 'print one JSON value on standard output and nothing else there')
    .option('--verbose', 'show the cause of a failure')
    .showHelpAfterError('(try --help)')
    .exitOverride();

  const wants = (flag: string): boolean => argv.includes(flag);
  let config: Config | undefined;
  let ground: Ground | undefined;
  let status = 0;
  const context: CliContext = {
    config: async () => {
      config ??= (await import('../config/index.ts')).configFromProcess();
      return config;
    },
    ground: async () => {
      if (!ground) {
        const own = await context.config();
        const [{ openGround }, { createLogger }] = await Promise.all([import('../app.ts'), import('../logger.ts')]);
        // A command's log is for whoever debugs it; its answer and its error line are for the operator.
        ground = await openGround(own, createLogger(wants('--verbose') ? own.logLevel : 'silent'));
      }
      return ground;
    },
    print: (value, text) => {
      process.stdout.write(wants('--json') ? `${JSON.stringify(value)}\n` : text().replace(/\n?$/, '\n'));
    },
    interactive: process.stderr.isTTY === true && !wants('--json'),
    fail: () => {
      status = FAILED;
    },
  };

  // The first word is the command (no option of the program takes a value); `help` is followed by it.
  const asked = argv.find((word) => !word.startsWith('-') && word !== 'help');
  for (const { name, description, load } of commands) {
    const command = program.command(name).description(description);
    if (name === asked) (await load())(command, context);
  }
  for (const command of walk(program)) {
    command.exitOverride();
    if (command !== program && command.commands.length === 0) {
      command
        .option('--json', 'print one JSON value on standard output')
        .option('--verbose', 'show the cause of a failure');
    }
  }

  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    status = report(error, wants('--verbose'));
  } finally {
    await ground?.close();
  }
  return status;
};

const walk = (command: Command): Command[] => [command, ...command.commands.flatMap(walk)];

/** One line on standard error; the cause and the stack only when asked for. */
const report = (error: unknown, verbose: boolean): number => {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 || error.code === 'commander.help' ? 0 : USAGE;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`crosswalk: ${message.replaceAll(/\s*\n\s*/g, ' · ')}\n`);
  if (verbose && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause ? `cause: ${error.cause}\n` : ''}`);
  else if (!isFault(error)) process.stderr.write('(add --verbose to see where this comes from)\n');
  return FAILED;
};
