import type { Knex } from 'knex';

/**
 * The registry. A registrant is one JSON document (`document`, the truth) and the columns and rows by which it is
 * found (folded text, see core/text.ts). Nothing but identifiers is unique across registrants, so the tables can be
 * partitioned by registrant one day.
 *
 * Text that is compared has the "C" collation on PostgreSQL: code point order, as SQLite's BINARY.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string, type = 'text') =>
    isPostgres ? table.specificType(name, `${type} collate "C"`) : table.text(name);

  await knex.schema.createTable('revisions', (table) => {
    code(table, 'topic').primary();
    table.bigInteger('revision').notNullable();
  });

  await knex.schema.createTable('registrants', (table) => {
    table.bigIncrements('seq');
    code(table, 'id').notNullable().unique();
    code(table, 'kind').notNullable(); // individual | group
    table.integer('active').notNullable().defaultTo(1);
    table.bigInteger('version').notNullable();
    code(table, 'created_at').notNullable();
    code(table, 'updated_at').notNullable();
    code(table, 'name');
    code(table, 'given_name');
    code(table, 'surname');
    code(table, 'birth_date');
    code(table, 'sex');
    code(table, 'registration_date');
    table.text('document').notNullable();
  });
  for (const column of ['name', 'given_name', 'surname', 'birth_date', 'sex', 'registration_date', 'updated_at']) {
    await knex.schema.alterTable('registrants', (table) => {
      table.index(['kind', column, 'seq'], `registrants_${column}`);
    });
  }
  await knex.schema.alterTable('registrants', (table) => table.index(['kind', 'seq'], 'registrants_kind'));

  // One row per identifier. `type` is the vocabulary's code, folded; `value` as written. An ended identifier keeps
  // its row and frees its value.
  await knex.schema.createTable('identifiers', (table) => {
    table.bigInteger('registrant').notNullable();
    code(table, 'type').notNullable();
    code(table, 'value').notNullable();
    table.integer('live').notNullable().defaultTo(1);
  });
  await knex.raw('create unique index identifiers_live on identifiers (value, type) where live = 1');
  await knex.schema.alterTable('identifiers', (table) => table.index(['registrant'], 'identifiers_registrant'));

  // The searchable values that are many, rare, or open: one row per value. `attribute` is the catalogue's name.
  await knex.schema.createTable('registrant_values', (table) => {
    table.bigInteger('registrant').notNullable();
    code(table, 'attribute').notNullable();
    code(table, 'text_value');
    table.double('number_value');
  });
  await knex.raw(
    'create index values_text on registrant_values (attribute, text_value, registrant) where text_value is not null',
  );
  await knex.raw(
    'create index values_number on registrant_values (attribute, number_value, registrant) where number_value is not null',
  );
  await knex.schema.alterTable('registrant_values', (table) => table.index(['registrant'], 'values_registrant'));

  await knex.schema.createTable('memberships', (table) => {
    table.bigIncrements('seq');
    table.bigInteger('group_seq').notNullable();
    table.bigInteger('individual_seq').notNullable();
    table.text('roles').notNullable(); // JSON list of membership kinds
    code(table, 'start_date');
    code(table, 'end_date');
    table.integer('live').notNullable().defaultTo(1);
    code(table, 'source'); // who wrote it: odk:…, import, api:…
    table.index(['group_seq', 'live'], 'memberships_group');
    table.index(['individual_seq', 'live'], 'memberships_individual');
  });
  await knex.raw('create unique index memberships_once on memberships (group_seq, individual_seq) where live = 1');

  await knex.schema.createTable('relationships', (table) => {
    table.bigIncrements('seq');
    table.bigInteger('source_seq').notNullable();
    table.bigInteger('target_seq').notNullable();
    code(table, 'type').notNullable();
    code(table, 'start_date');
    code(table, 'end_date');
    table.index(['source_seq'], 'relationships_source');
    table.index(['target_seq'], 'relationships_target');
  });

  // What a hard delete leaves behind: that there was something, and when it went.
  await knex.schema.createTable('tombstones', (table) => {
    code(table, 'id').primary();
    table.bigInteger('seq').notNullable();
    code(table, 'kind').notNullable();
    code(table, 'deleted_at').notNullable();
    code(table, 'reason');
  });

  // The change feed. Positions are given out under the order lock as the last step of a transaction, so that a
  // reader who has seen position n has seen everything before n.
  await knex.schema.createTable('feed', (table) => {
    table.bigInteger('position').primary();
    code(table, 'type').notNullable();
    code(table, 'subject').notNullable(); // registrant id, or the id of what changed
    code(table, 'subject_kind').notNullable();
    table.bigInteger('version').notNullable();
    code(table, 'at').notNullable();
    code(table, 'source').notNullable();
    table.text('detail').notNullable(); // JSON
    table.text('before'); // JSON document before the change; null for a creation
    table.index(['subject', 'position'], 'feed_subject');
  });
  await knex.schema.createTable('feed_consumers', (table) => {
    code(table, 'name').primary();
    table.bigInteger('position').notNullable();
  });

  await knex.schema.createTable('vocabulary_codes', (table) => {
    code(table, 'vocabulary').notNullable();
    code(table, 'code').notNullable();
    table.text('display');
    table.text('detail'); // JSON: aliases, parent, definition
    table.primary(['vocabulary', 'code']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'vocabulary_codes',
    'feed_consumers',
    'feed',
    'tombstones',
    'relationships',
    'memberships',
    'registrant_values',
    'identifiers',
    'registrants',
    'revisions',
  ]) {
    await knex.schema.dropTableIfExists(table);
  }
}
