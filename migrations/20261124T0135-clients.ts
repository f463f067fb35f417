import type { Knex } from 'knex';

/** API clients: who may fetch tokens at the OAuth endpoint, and what their tokens allow (api-v2.md §2.4). */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  await knex.schema.createTable('clients', (table) => {
    if (isPostgres) table.specificType('client_id', 'text collate "C"').primary();
    else table.text('client_id').primary();
    table.text('secret').notNullable(); // scrypt:salt:hash, base64url
    table.text('name').notNullable();
    table.integer('active').notNullable().defaultTo(1);
    table.text('organization');
    table.text('organization_type');
    table.text('legal_basis').notNullable();
    table.text('legal_basis_reference');
    table.integer('require_consent').notNullable().defaultTo(1);
    table.integer('rate_limit_per_minute').notNullable();
    table.integer('rate_limit_per_day').notNullable();
    table.text('scopes').notNullable(); // JSON: [{resource, action, fields?}]
    table.text('created_at').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('clients');
}
