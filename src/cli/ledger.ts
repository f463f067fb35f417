import { program as verifier } from '../ledger/index.ts';
import { createHttpClient } from '../net/index.ts';
import type { CommandFile } from './context.ts';

const { describe: inWords, verifyBundle } = verifier;

export const ledger: CommandFile = (program, context) => {
  const command = program.command('ledger').description('the record of every message: verify, export, erase, witness');

  command
    .command('verify')
    .description('check the whole ledger against its signed checkpoints; exit 1 when anything is wrong')
    .option('--against <bundle>', 'also check that the ledger still begins with what this earlier bundle signed')
    .action(async (options: { against?: string }) => {
      const ground = await context.ground();
      const result = await ground.ledger.verify(options.against === undefined ? {} : { against: options.against });
      context.print(result, () => inWords(result));
      if (!result.ok) context.fail();
    });

  command
    .command('export')
    .description('write a bundle that verifies without this server: entries, messages, keys, checkpoints, proofs')
    .requiredOption('--out <file>', 'the file to write; gzip when it ends in .gz')
    .option('--from <time>', 'only entries recorded from this time on')
    .option('--to <time>', 'only entries recorded before this time')
    .action(async (options: { out: string; from?: string; to?: string }) => {
      const result = await (await context.ground()).ledger.exportBundle(options);
      context.print(result, () => `${result.file}: ${result.entries} entries, ${result.checkpoints} checkpoints`);
    });

  command
    .command('verify-bundle')
    .description('verify a bundle offline: no database, no network, no configuration')
    .argument('<file>', 'the bundle')
    .option('--jwks <file>', 'trust only the keys of this set for checkpoints')
    .action(async (file: string, options: { jwks?: string }) => {
      const result = await verifyBundle(file, options);
      context.print(result, () => inWords(result));
      if (!result.ok) context.fail();
    });

  command
    .command('erase')
    .description('remove the messages that name a person; the proof of everything else stands')
    .requiredOption('--subject <identifier>', 'an identifier of the person, as it was written')
    .action(async ({ subject }: { subject: string }) => {
      const erased = await (await context.ground()).ledger.eraseSubject(subject);
      context.print(erased, () => JSON.stringify(erased));
    });

  command
    .command('witness')
    .description('look at another Crosswalk’s ledger, check that it only grew, and co-sign it; exit 1 at a fork')
    .requiredOption('--url <url>', 'its base address')
    .action(async ({ url }: { url: string }) => {
      const ground = await context.ground();
      const http = createHttpClient({ allowPrivate: true });
      try {
        const seen = await ground.ledger.witness({ url, http });
        context.print(
          seen,
          () => `${seen.origin}: ${seen.size} entries, ${seen.ok ? 'consistent' : `NOT CONSISTENT: ${seen.problem}`}`,
        );
        if (!seen.ok) context.fail();
      } finally {
        await http.close();
      }
    });
};
