import type { Knex } from 'knex';

/** What submissions say of programmes, so that an edit ends only the enrolments that an import made. */
export async function up(knex: Knex): Promise<void> {
  const text = knex.client.config.client === 'pg' ? 'text collate "C"' : 'text';
  const code = (table: Knex.CreateTableBuilder, name: string) => table.specificType(name, text).notNullable();

  await knex.schema.createTable('odk_enrolments', (table) => {
    code(table, 'registrant').references('id').inTable('registrants').onDelete('cascade');
    code(table, 'programme').references('id').inTable('programmes');
    code(table, 'source');
    table.integer('told').notNullable(); // 1 while the answers name it
    table.bigInteger('version').notNullable(); // of the enrolment as this source wrote it; 0: others did
    table.primary(['registrant', 'programme', 'source']);
    table.index(['source'], 'odk_enrolments_source');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('odk_enrolments');
}
