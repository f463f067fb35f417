import type { Knex } from 'knex';

/** Leases: who may do a piece of work that must not be done twice at a time, and until when (database time). */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  await knex.schema.createTable('leases', (table) => {
    if (isPostgres) table.specificType('name', 'text collate "C"').primary();
    else table.text('name').primary();
    table.text('holder').notNullable();
    table.bigInteger('until_ms').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('leases');
}
