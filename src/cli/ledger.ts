import { toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { type Erasure, program as verifier } from '../ledger/index.ts';
import { createHttpClient } from '../net/index.ts';
import type { CommandFile } from './context.ts';

const { describe: inWords, verifyBundle } = verifier;

const inWordsOf = ({ erased, copies, purged }: Erasure): string =>
  `${erased} messages erased${copies > 0 ? `, and ${copies} copies of messages` : ''}` +
  (purged ? '.' : '; a reader kept the database from clearing its own log: run it once more in a quiet moment.');

export const ledger: CommandFile = (command, context) => {
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
    .description('remove the messages that name a person, and their copies; the proof of everything else stands')
    .requiredOption('--subject <identifier>', 'an identifier of the person, as it was written')
    .action(async ({ subject }: { subject: string }) => {
      const erased = await (await context.ground()).ledger.eraseSubject(subject);
      context.print(erased, () => inWordsOf(erased));
    });

  command
    .command('prune')
    .description(
      'remove messages of one direction by age, as LEDGER_KEEP_IN_DAYS and LEDGER_KEEP_OUT_DAYS do each hour',
    )
    .requiredOption('--direction <in|out>', 'received or sent messages')
    .requiredOption('--older-than <days>', 'recorded more than so many days ago')
    .action(async ({ direction, olderThan }: { direction: string; olderThan: string }) => {
      if (direction !== 'in' && direction !== 'out') throw new Fault('query.invalid', '--direction must be in or out');
      if (!/^\d{1,5}$/.test(olderThan)) throw new Fault('query.invalid', '--older-than must be a number of days');
      const { ledger, clock } = await context.ground();
      const before = toTimestamp(clock() - Number(olderThan) * 86_400_000);
      const erased = await ledger.pruneBodies(direction, before);
      context.print(erased, () => inWordsOf(erased));
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
