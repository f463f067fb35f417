import type { Knex } from 'knex';

/** Searches in other registries that are asked again and again, and how far each has come. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('dci_pulls', (table) => {
    code(table, 'name').primary();
    code(table, 'peer').notNullable();
    table.text('settings').notNullable(); // JSON: the question, the programme, the rhythm
    code(table, 'cursor'); // time of the last run that came to its end
    table.bigInteger('due_ms').notNullable();
    code(table, 'ran_at');
    table.text('report'); // JSON: what the last run brought
    table.text('error'); // why the last run failed
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('dci_pulls');
}
