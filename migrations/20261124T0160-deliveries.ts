import type { Knex } from 'knex';

/** Outgoing messages: callbacks, notifications, webhooks; derived from state or feed, in the same transaction. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('deliveries', (table) => {
    table.bigIncrements('seq');
    code(table, 'id').notNullable().unique();
    code(table, 'kind').notNullable();
    code(table, 'recipient').notNullable();
    code(table, 'url').notNullable();
    code(table, 'ordering_key'); // deliveries of one key go one after the other
    code(table, 'subject'); // what it is about, for people: subscription code, transaction id
    table.text('payload').notNullable(); // JSON
    code(table, 'state').notNullable(); // waiting | delivered | dead
    table.integer('attempts').notNullable().defaultTo(0);
    table.bigInteger('due_ms').notNullable();
    table.bigInteger('claimed_until_ms').notNullable().defaultTo(0);
    code(table, 'created_at').notNullable();
    code(table, 'settled_at');
    table.text('last_error');
  });
  await knex.raw("create index deliveries_due on deliveries (due_ms, seq) where state = 'waiting'");
  await knex.raw("create index deliveries_recipient on deliveries (recipient, due_ms, seq) where state = 'waiting'");
  await knex.raw("create index deliveries_order on deliveries (ordering_key, seq) where state = 'waiting'");
  await knex.raw("create index deliveries_dead on deliveries (seq) where state = 'dead'");
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('deliveries');
}
