import type { Knex } from 'knex';

/** Keys of peers that an operator no longer believes, wherever they are published: JSON list of key ids or thumbprints. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.text('revoked_keys');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.dropColumn('revoked_keys');
  });
}
