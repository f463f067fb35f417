import type { Subscription } from '../dci/subscriptions/subscription.ts';
import type { CommandFile } from './context.ts';
import { table } from './table.ts';

const wire = (one: Subscription): object => ({
  code: one.code,
  sender_id: one.senderId,
  status: one.status,
  paused_reason: one.pausedReason,
  registry: one.registry,
  event: one.askedAs,
  record: one.kind,
  frequency: one.frequency.cron ?? 'immediate',
  failures: one.failures,
  created_at: one.createdAt,
});

export const subscription: CommandFile = (command, context) => {
  command
    .command('list')
    .description('list the subscriptions that have not ended; a paused one says why')
    .action(async () => {
      const all = await (await context.ground()).subscriptions.list();
      context.print(all.map(wire), () =>
        table(
          ['code', 'sender_id', 'registry', 'event', 'status', 'reason'],
          all.map((one) => [
            one.code,
            one.senderId,
            one.registry,
            one.askedAs,
            one.status,
            one.pausedReason ?? (one.failures > 0 ? `${one.failures} failed attempts` : ''),
          ]),
        ),
      );
    });

  command
    .command('resume')
    .description('send again to a paused subscription, beginning with what it missed')
    .argument('<code>', 'its code')
    .action(async (code: string) => {
      const resumed = await (await context.ground()).subscriptions.resume(code);
      context.print(wire(resumed), () => `${resumed.code} is ${resumed.status}; what it missed is sent now.`);
    });
};
