import type { Knex } from 'knex';

/** How we identify ourselves to a peer when we call it: JSON, its secrets sealed with the key in `DATA_DIR`. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.text('asking');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.dropColumn('asking');
  });
}
