import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import type { Credentials } from '../odk/central/session.ts';
import type { CliContext, CommandFile } from './context.ts';
import { addSync } from './odk-sync.ts';
import { odkStatusText, previewText } from './odk-text.ts';
import { collect } from './options.ts';

interface AddOptions {
  readonly name: string;
  readonly url: string;
  readonly project: string;
  readonly form: string;
  readonly email?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly accessTokenFile?: string;
  readonly mapping: string;
}

const readFile = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('odk.source-invalid', `cannot read ${what} ${path}`, {}, { cause });
  }
};

const credentialsOf = ({ email, password, passwordFile, accessTokenFile }: AddOptions): Credentials => {
  const line = (path: string, what: string): string => readFile(path, what).replace(/\r?\n$/, '');
  if (accessTokenFile !== undefined) return { accessToken: line(accessTokenFile, 'the access token') };
  const given = password ?? (passwordFile === undefined ? undefined : line(passwordFile, 'the password'));
  if (email === undefined || given === undefined) {
    throw new Fault('odk.source-invalid', 'give --email with --password (or --password-file), or --access-token-file');
  }
  return { email, password: given };
};

const addAdd = (command: Command, context: CliContext): void => {
  command
    .command('add')
    .description('add a form of an ODK Central; the same name again replaces mapping and settings, and keeps the state')
    .requiredOption('--name <name>', 'what you call it')
    .requiredOption('--url <url>', 'the server, without /v1')
    .requiredOption('--project <number>', 'number of the project')
    .requiredOption('--form <id>', 'id of the form')
    .option('--email <email>', 'account that may read the project')
    .option('--password <password>', 'its password')
    .option('--password-file <file>', 'a file with its password')
    .option('--access-token-file <file>', 'a file with a token, for servers without password login')
    .requiredOption('--mapping <file>', 'how submissions become people and households: YAML or JSON')
    .action(async (options: AddOptions) => {
      const { odk } = await context.ground();
      const { name, url, project, form } = options;
      const added = await odk.add({
        name,
        given: { url, project: Number(project), form, email: options.email ?? '' },
        credentials: credentialsOf(options),
        mapping: readFile(options.mapping, 'the mapping'),
      });
      context.print(added, () =>
        [
          `${name} is added. See what it would import: npx crosswalk odk preview ${name}`,
          ...added.warnings.map((warning) => `note: ${warning}`),
        ].join('\n'),
      );
    });
};

const addPreview = (command: Command, context: CliContext): void => {
  command
    .command('preview')
    .description('show what an import would do with the newest submissions; changes nothing')
    .argument('<name>', 'the source')
    .option('--limit <n>', 'how many of the newest', '20')
    .option('--id <instance>', 'only this submission (repeat for more)', collect, [])
    .option('--file <file>', 'recorded submissions (JSON as Central answers it) instead of asking Central')
    .action(async (name: string, options: { limit: string; id: string[]; file?: string }) => {
      const { odk } = await context.ground();
      const shown = await odk.preview(name, {
        limit: Number.parseInt(options.limit, 10) || 20,
        ...(options.id.length > 0 ? { ids: options.id } : {}),
        ...(options.file === undefined ? {} : { recorded: parseJson(options.file) }),
      });
      context.print(shown, () => previewText(shown));
    });
};

const parseJson = (path: string): unknown => {
  try {
    return JSON.parse(readFile(path, 'the file')) as unknown;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('odk.source-invalid', `${path} is not JSON`, {}, { cause });
  }
};

/** `odk add · preview · sync · status · retry · remove` (odk.md §18.11). */
export const odk: CommandFile = (command, context) => {
  addAdd(command, context);
  addPreview(command, context);
  addSync(command, context);

  command
    .command('status')
    .description('how the sources stand: state, counts, dead letters')
    .argument('[name]', 'only this source')
    .action(async (name: string | undefined) => {
      const status = await (await context.ground()).odk.status(name);
      context.print(status, () => odkStatusText(status.sources));
    });

  command
    .command('retry')
    .description('map dead letters again, from what was read before: all of a source, one, or those of one reason')
    .argument('<name>', 'the source')
    .option('--instance <id>', 'only this submission')
    .option('--reason <reason>', 'only those parked for this reason')
    .action(async (name: string, options: { instance?: string; reason?: string }) => {
      const retried = await (await context.ground()).odk.retry(name, {
        ...(options.instance === undefined ? {} : { instanceId: options.instance }),
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      });
      context.print(
        retried,
        () => `${retried.retried} tried again: ${retried.cleared} cleared, ${retried.parked} still parked`,
      );
    });

  command
    .command('remove')
    .description('forget a source and what is known of its submissions; what it imported stays in the registry')
    .argument('<name>', 'the source')
    .action(async (name: string) => {
      await (await context.ground()).odk.remove(name);
      context.print({ name, removed: true }, () => `${name} is removed`);
    });
};
