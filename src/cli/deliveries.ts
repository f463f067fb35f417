import { type Command, InvalidArgumentError } from 'commander';
import { toTimestamp } from '../core/clock.ts';
import { Fault } from '../core/fault.ts';
import { type Delivery, listDeliveries, revive } from '../delivery/index.ts';
import type { CliContext, CommandFile } from './context.ts';
import { table } from './table.ts';

interface ListOptions {
  readonly dead?: true;
  readonly limit: number;
}

interface RetryOptions {
  readonly dead?: true;
  readonly id?: string;
}

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('must be a whole number above 0');
  return Number(text);
};

const wire = (delivery: Delivery): object => ({
  id: delivery.id,
  kind: delivery.kind,
  recipient: delivery.recipient,
  url: delivery.url,
  subject: delivery.subject,
  state: delivery.state,
  attempts: delivery.attempts,
  created_at: delivery.createdAt,
  next_attempt_at: delivery.state === 'waiting' ? toTimestamp(delivery.due) : undefined,
  settled_at: delivery.settledAt,
  last_error: delivery.lastError,
});

const list = (context: CliContext) => async (options: ListOptions) => {
  const { db } = await context.ground();
  const filter = { limit: options.limit, ...(options.dead ? { state: 'dead' as const } : {}) };
  const deliveries = await db.read((reader) => listDeliveries(reader, filter));
  context.print(deliveries.map(wire), () =>
    table(
      ['id', 'kind', 'recipient', 'url', 'state', 'attempts', 'created', 'last error'],
      deliveries.map((one) => [
        one.id,
        one.kind,
        one.recipient,
        one.url,
        one.state,
        String(one.attempts),
        one.createdAt,
        one.lastError ?? '',
      ]),
    ),
  );
};

const retry = (context: CliContext) => async (options: RetryOptions, command: Command) => {
  if ((options.id === undefined) === (options.dead === undefined)) {
    command.error('error: name one delivery with --id, or all that were given up with --dead');
  }
  const { db, clock } = await context.ground();
  const which = options.id === undefined ? {} : { id: options.id };
  const retried = await db.write((tx) => revive(tx, which, clock()));
  if (options.id !== undefined && retried === 0) {
    throw new Fault('delivery.unknown', `there is no delivery ${options.id} that waits or was given up`);
  }
  context.print({ retried }, () => `${retried} will be sent again by the running server.`);
};

export const deliveries: CommandFile = (command, context) => {
  command
    .command('list')
    .description('list them, the newest first')
    .option('--dead', 'only those that were given up')
    .option('--limit <n>', 'at most this many', wholeNumber, 100)
    .action(list(context));

  command
    .command('retry')
    .description('send again what was given up; its attempts are counted anew')
    .option('--id <id>', 'this one, also when it still waits for its next attempt')
    .option('--dead', 'all that were given up')
    .action(retry(context));
};
