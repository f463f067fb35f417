import type { Command } from 'commander';
import { listHeld } from '../dci/inbox/held.store.ts';
import type { CliContext } from './context.ts';
import { table } from './table.ts';

/** `dci answer` and `dci subscriptions`: what was called back to us. */
export const addAnswers = (dci: Command, context: CliContext): void => {
  dci
    .command('answer')
    .description('show what was called back to an earlier message of ours')
    .argument('<transaction>', 'its transaction_id')
    .action(async (transaction: string) => {
      const { asked, answers } = await (await context.ground()).asking.answers(transaction);
      const shown = {
        transaction_id: asked.transactionId,
        correlation_id: asked.correlationId ?? null,
        peer: asked.peer,
        operation: asked.operation,
        state: asked.state,
        reason: asked.reason ?? null,
        answers: answers.map(({ messageId, message, outcome }) => ({ message_id: messageId, message, outcome })),
      };
      context.print(shown, () => JSON.stringify(shown, null, 2));
    });

  dci
    .command('subscriptions')
    .description('list the subscriptions that we hold in other registries')
    .action(async () => {
      const held = await (await context.ground()).db.read(listHeld);
      context.print(
        held.map((one) => ({
          peer: one.peer,
          code: one.code,
          registry: one.registry,
          event_type: one.eventType ?? null,
          state: one.state,
          since: one.since,
          ended_at: one.endedAt ?? null,
        })),
        () =>
          table(
            ['peer', 'code', 'registry', 'event', 'state', 'since'],
            held.map((one) => [one.peer, one.code, one.registry, one.eventType ?? '', one.state, one.since]),
          ),
      );
    });
};
