import { revokeKey, rotateKeys } from '../trust/index.ts';
import type { CommandFile } from './context.ts';
import { table } from './table.ts';

export const keys: CommandFile = (command, context) => {
  command
    .command('list')
    .description('list our keys with dates and use')
    .action(async () => {
      const all = (await context.ground()).keys.list().map(({ publicJwk, ...rest }) => ({
        ...rest,
        kid: publicJwk.kid,
        use: publicJwk.use,
      }));
      context.print(all, () =>
        table(
          ['id', 'algorithm', 'use', 'state', 'created', 'used from', 'until'],
          all.map((key) => [key.id, key.algorithm, key.use ?? '', key.state, key.created, key.from, key.until ?? '']),
        ),
      );
    });

  command
    .command('rotate')
    .description('replace our keys; old ones stay published and verify until their last signature has gone stale')
    .action(async () => {
      const ground = await context.ground();
      const made = await rotateKeys(ground.keyOptions);
      const facts = { made: made.map((key) => ({ ...key })) };
      await ground.accessLog.record({ endpoint: 'keys rotate', who: 'operator', facts });
      context.print(
        { made },
        () => `Made ${made.length} keys; every running server signs with them within ten seconds.`,
      );
    });

  command
    .command('revoke')
    .description('withdraw one of our keys at once, because it may be in foreign hands')
    .argument('<id>', 'its id, as "keys list" shows it')
    .action(async (id: string) => {
      const ground = await context.ground();
      const revoked = await revokeKey(ground.keyOptions, id);
      await ground.accessLog.record({ endpoint: 'keys revoke', who: 'operator', facts: { revoked } });
      context.print({ revoked }, () => `${id} is revoked; every running server drops it within two seconds.`);
    });

  command
    .command('export-jwks')
    .description('print our public key set, as served at /.well-known/jwks.json')
    .action(async () => {
      const ground = await context.ground();
      const jwks = ground.keys.jwks(await ground.senderIds());
      context.print(jwks, () => JSON.stringify(jwks, null, 2));
    });
};
