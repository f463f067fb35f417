import type { Knex } from 'knex';

/** What asynchronous messages asked and were answered: stored before the Ack, worked on and called back after it. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('dci_transactions', (table) => {
    table.bigIncrements('seq');
    code(table, 'correlation_id').notNullable().unique();
    code(table, 'sender_id').notNullable();
    code(table, 'message_id').notNullable();
    code(table, 'transaction_id').notNullable();
    code(table, 'operation').notNullable(); // search | subscribe | unsubscribe | txn/status | receipt
    code(table, 'state').notNullable(); // waiting | answered | abandoned
    table.integer('tries').notNullable().defaultTo(0);
    table.bigInteger('due_ms').notNullable(); // not worked on before; a claim moves it into the future
    code(table, 'accepted_at').notNullable();
    code(table, 'answered_at');
    table.text('question').notNullable(); // JSON: header, message, registry
    table.text('reply'); // JSON
    code(table, 'reply_id'); // message_id of the callback, the same in every attempt
    table.text('sealed'); // JSON: the encrypted message of the callback, made once
    table.unique(['sender_id', 'message_id']); // one message, one transaction
    table.index(['sender_id', 'transaction_id', 'seq']); // the newest answers for the transaction
  });
  await knex.raw("create index dci_transactions_due on dci_transactions (due_ms, seq) where state = 'waiting'");
  await knex.schema.createTable('dci_transaction_keys', (table) => {
    code(table, 'sender_id').notNullable();
    code(table, 'kind').notNullable(); // reference | code
    code(table, 'value').notNullable();
    table.bigInteger('transaction_seq').notNullable();
    table.primary(['sender_id', 'kind', 'value', 'transaction_seq']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('dci_transaction_keys');
  await knex.schema.dropTableIfExists('dci_transactions');
}
