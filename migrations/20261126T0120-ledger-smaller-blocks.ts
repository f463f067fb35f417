import type { Knex } from 'knex';

/**
 * Blocks of 256 entries instead of 1 024 for the indexes of message, transaction and subject: an append writes to a
 * page of the newest block for nearly each entry, and a smaller block has fewer of them.
 */
const divide = async (knex: Knex, bits: number): Promise<void> => {
  for (const [index, column] of [
    ['ledger_message', 'message_id'],
    ['ledger_transaction', 'transaction_id'],
  ]) {
    await knex.raw(`drop index ${index}`);
    await knex.raw(`create index ${index} on ledger_entries ((seq >> ${bits}), ${column}) where ${column} is not null`);
  }
  await knex.raw(`update ledger_subjects set block = seq >> ${bits}`);
};

export const up = (knex: Knex): Promise<void> => divide(knex, 8);

export const down = (knex: Knex): Promise<void> => divide(knex, 10);
