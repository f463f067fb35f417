import type { Knex } from 'knex';

/** Peers that want everything we send to them encrypted, whether or not they asked encrypted (dci.md §2.4). */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.integer('encrypt').notNullable().defaultTo(0);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('peers', (table) => {
    table.dropColumn('encrypt');
  });
}
