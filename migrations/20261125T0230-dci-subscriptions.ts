import type { Knex } from 'knex';

/** What peers have subscribed to. Ended subscriptions stay, so that their codes are still known. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('dci_subscriptions', (table) => {
    code(table, 'code').primary();
    code(table, 'sender_id').notNullable();
    code(table, 'fingerprint').notNullable(); // equal for subscriptions that ask for the same
    code(table, 'status').notNullable(); // active | paused | ended
    code(table, 'registry').notNullable();
    code(table, 'event').notNullable(); // our name of the event
    code(table, 'asked_as').notNullable(); // the peer's word for it
    code(table, 'kind').notNullable(); // individual | group: whose records are sent
    table.text('query').notNullable(); // JSON: the filter, about registrants of `kind`
    table.text('fields'); // JSON: response_fields
    table.text('frequency').notNullable(); // JSON
    table.bigInteger('ends_ms'); // the end of its window
    table.text('item').notNullable(); // JSON: the item of the message that asked for it
    code(table, 'sender_uri');
    table.integer('encrypted').notNullable(); // asked for in an encrypted message: answered in such
    table.bigInteger('since_position').notNullable(); // changes up to this position of the feed were before it
    table.bigInteger('revision').notNullable(); // grows with each change of any subscription, in the order of commits
    table.integer('failures').notNullable().defaultTo(0); // failed attempts since the last that succeeded
    table.bigInteger('failing_since_ms');
    table.text('paused_reason');
    code(table, 'created_at').notNullable();
    code(table, 'changed_at').notNullable();
    table.index(['revision']);
  });
  // Notifications to those who want them encrypted: the bytes that every attempt sends.
  await knex.schema.createTable('dci_sealed_notifications', (table) => {
    code(table, 'delivery').primary();
    table.text('sealed').notNullable(); // JSON
  });
  await knex.raw(
    "create unique index dci_subscriptions_once on dci_subscriptions (sender_id, fingerprint) where status <> 'ended'",
  );
  // What still waits of one subscription is released or taken back as a whole.
  await knex.raw("create index deliveries_subject on deliveries (subject, kind) where state = 'waiting'");
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index if exists deliveries_subject');
  await knex.schema.dropTableIfExists('dci_sealed_notifications');
  await knex.schema.dropTableIfExists('dci_subscriptions');
}
