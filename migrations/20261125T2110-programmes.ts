import type { Knex } from 'knex';

/**
 * Programmes and who is enrolled in them. By what an enrolment is searched stands with the registrant
 * (`registrant_values`), as everything a registrant is found by.
 */
export async function up(knex: Knex): Promise<void> {
  const text = knex.client.config.client === 'pg' ? 'text collate "C"' : 'text';
  const code = (table: Knex.CreateTableBuilder, name: string) => table.specificType(name, text);

  // What a registrant received goes with the registrant.
  const ofRegistrant = (table: Knex.CreateTableBuilder) =>
    code(table, 'registrant').notNullable().references('id').inTable('registrants').onDelete('cascade');
  const ofProgramme = (table: Knex.CreateTableBuilder) =>
    code(table, 'programme').notNullable().references('id').inTable('programmes');

  await knex.schema.createTable('programmes', (table) => {
    code(table, 'id').primary();
    code(table, 'identifier').notNullable().unique();
    table.text('name').notNullable();
    table.integer('active').notNullable();
    code(table, 'updated_at').notNullable();
    table.text('detail').notNullable(); // JSON: what else is known of it
  });

  await knex.schema.createTable('enrolments', (table) => {
    ofRegistrant(table);
    ofProgramme(table);
    code(table, 'status').notNullable();
    code(table, 'enrolled_on'); // YYYY-MM-DD
    code(table, 'exited_on');
    table.text('exit_reason');
    table.bigInteger('version').notNullable();
    code(table, 'updated_at').notNullable();
    table.primary(['registrant', 'programme']);
    table.index(['programme', 'status'], 'enrolments_programme');
  });

  await knex.schema.createTable('benefits', (table) => {
    ofRegistrant(table);
    ofProgramme(table);
    code(table, 'reference').notNullable(); // tells the benefits of one registrant and programme apart
    code(table, 'type').notNullable();
    code(table, 'date').notNullable(); // YYYY-MM-DD
    table.double('value');
    table.double('quantity');
    table.text('description');
    table.primary(['registrant', 'programme', 'reference']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('benefits');
  await knex.schema.dropTableIfExists('enrolments');
  await knex.schema.dropTableIfExists('programmes');
}
