import type { Command } from 'commander';
import { Fault } from '../core/fault.ts';
import { readAsked } from '../dci/client/asked.store.ts';
import { listHeld } from '../dci/inbox/held.store.ts';
import { readAnswers } from '../dci/inbox/received.store.ts';
import type { CliContext } from './context.ts';
import { table } from './table.ts';

/** `dci answer` and `dci subscriptions`: what was called back to us. */
export const addAnswers = (dci: Command, context: CliContext): void => {
  dci
    .command('answer')
    .description('show what was called back to an earlier message of ours')
    .argument('<transaction>', 'its transaction_id')
    .action(async (transaction: string) => {
      const { db } = await context.ground();
      const asked = await db.read((reader) => readAsked(reader, transaction));
      if (!asked) throw new Fault('dci.transaction-unknown', `we began no transaction ${transaction}`);
      const answers = await db.read((reader) => readAnswers(reader, transaction));
      const shown = {
        transaction_id: asked.transactionId,
        correlation_id: asked.correlationId ?? null,
        peer: asked.peer,
        operation: asked.operation,
        state: asked.state,
        reason: asked.reason ?? null,
        answers: answers.map(({ message, outcome }) => ({ message, outcome })),
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
