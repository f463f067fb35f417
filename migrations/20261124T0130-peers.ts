import type { Knex } from 'knex';

/** DCI peers: who may send us messages, how their signatures are checked, and how we answer them. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('peers', (table) => {
    code(table, 'id').primary();
    code(table, 'sender_id').notNullable().unique();
    code(table, 'token_hash').notNullable().unique(); // SHA-256, hexadecimal
    table.text('keys').notNullable(); // JSON list of public JWKs
    table.text('jwks_url');
    code(table, 'signature').notNullable();
    table.text('callback');
    table.text('url');
    code(table, 'our_id');
    table.integer('source').notNullable().defaultTo(0);
    table.integer('must_sign').notNullable().defaultTo(0);
    table.text('scopes').notNullable(); // JSON list
    table.text('policy'); // JSON, dci.md: registries, attributes, fields, purpose, consent
    table.integer('active').notNullable().defaultTo(1);
    code(table, 'created_at').notNullable();
    code(table, 'updated_at').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('peers');
}
