import type { Knex } from 'knex';

/** Who else issues the tokens that a peer comes with: JSON of issuer, key set address, audience and subject. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.text('issuer');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.dropColumn('issuer');
  });
}
