import type { Knex } from 'knex';

/** What we asked other registries, what they sent us, and the subscriptions we hold with them. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);

  await knex.schema.createTable('dci_asked', (table) => {
    code(table, 'transaction_id').primary(); // ours, so unique
    code(table, 'peer').notNullable(); // its sender id
    code(table, 'correlation_id');
    code(table, 'operation').notNullable();
    code(table, 'registry').notNullable();
    table.text('settings').notNullable(); // JSON: what is to be done with the answer
    code(table, 'state').notNullable(); // sent, acknowledged, refused, answered
    table.text('reason');
    code(table, 'asked_at').notNullable();
    code(table, 'answered_at');
    table.index(['peer', 'correlation_id']);
  });

  await knex.schema.createTable('dci_received', (table) => {
    table.increments('seq');
    code(table, 'id').notNullable().unique(); // hash of sender and message id
    code(table, 'peer').notNullable();
    table.text('message_id').notNullable(); // by which its bytes are found on the ledger, and nowhere else
    code(table, 'operation').notNullable();
    code(table, 'digest').notNullable(); // of the message in its canonical form
    code(table, 'notification').unique(); // hash of sender and notification id, for the first message that bore it
    code(table, 'transaction_id'); // of ours that it answers
    code(table, 'received_at').notNullable();
    table.text('outcome').notNullable(); // JSON: what was made of it
    table.index(['transaction_id']);
  });

  await knex.schema.createTable('dci_held_subscriptions', (table) => {
    code(table, 'peer').notNullable();
    code(table, 'code').notNullable();
    code(table, 'registry').notNullable();
    code(table, 'event_type');
    code(table, 'transaction_id'); // by which we subscribed
    code(table, 'state').notNullable(); // active, ended
    code(table, 'since').notNullable();
    code(table, 'ended_at');
    table.primary(['peer', 'code']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('dci_held_subscriptions');
  await knex.schema.dropTableIfExists('dci_received');
  await knex.schema.dropTableIfExists('dci_asked');
}
