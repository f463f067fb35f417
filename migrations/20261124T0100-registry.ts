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
  const text = isPostgres ? 'text collate "C"' : 'text';
  const code = (table: Knex.CreateTableBuilder, name: string) => table.specificType(name, text);
  // The row is its own key: SQLite then keeps one tree where it would keep two.
  const keyed = isPostgres ? '' : 'without rowid';

  await knex.schema.createTable('revisions', (table) => {
    code(table, 'topic').primary();
    table.bigInteger('revision').notNullable();
  });

  // Version and times stand beside the document, so that a change of members does not rewrite it.
  await knex.schema.createTable('registrants', (table) => {
    table.bigIncrements('seq');
    code(table, 'id').notNullable().unique();
    code(table, 'kind').notNullable(); // individual | group
    table.integer('active').notNullable();
    table.bigInteger('version').notNullable();
    code(table, 'created_at').notNullable();
    code(table, 'updated_at').notNullable();
    table.integer('member_count'); // groups: live members
    code(table, 'name');
    code(table, 'given_name');
    code(table, 'surname');
    code(table, 'birth_date');
    code(table, 'sex');
    code(table, 'registration_date');
    table.text('document').notNullable();
  });
  for (const column of [
    'name',
    'given_name',
    'surname',
    'birth_date',
    'sex',
    'registration_date',
    'created_at',
    'updated_at',
  ]) {
    await knex.schema.alterTable('registrants', (table) => {
      table.index(['kind', column, 'seq'], `registrants_${column}`);
    });
  }
  await knex.schema.alterTable('registrants', (table) => table.index(['kind', 'seq'], 'registrants_kind'));
  await knex.raw('create index registrants_inactive on registrants (kind, seq) where active = 0');

  // The live identifiers. `type` is the vocabulary's code, folded; `value` as written. Ended ones stand in the
  // document only; one whose end comes later is told by `end_date` until somebody sweeps it away.
  await knex.raw(`create table identifiers (
    value ${text} not null,
    type ${text} not null,
    registrant bigint not null,
    end_date ${text},
    primary key (value, type)
  ) ${keyed}`);
  await knex.schema.alterTable('identifiers', (table) => table.index(['registrant'], 'identifiers_registrant'));
  await knex.raw('create index identifiers_ending on identifiers (end_date) where end_date is not null');

  // The searchable values that are many, rare, or open: one row per value. `attribute` is the catalogue's name;
  // numbers are written so that they sort as text (src/registry/query/sortable.ts), which makes one index do.
  await knex.raw(`create table registrant_values (
    attribute ${text} not null,
    value ${text} not null,
    registrant bigint not null,
    primary key (attribute, value, registrant)
  ) ${keyed}`);
  await knex.schema.alterTable('registrant_values', (table) => {
    table.index(['registrant', 'attribute', 'value'], 'values_registrant');
  });

  // Open attributes that became searchable.
  await knex.schema.createTable('open_attributes', (table) => {
    code(table, 'kind').notNullable();
    code(table, 'name').notNullable();
    code(table, 'type').notNullable();
    table.primary(['kind', 'name']);
  });

  await knex.schema.createTable('memberships', (table) => {
    table.bigIncrements('seq');
    table.bigInteger('group_seq').notNullable();
    table.bigInteger('individual_seq').notNullable();
    table.text('roles').notNullable(); // JSON list of membership kinds
    code(table, 'folded_roles').notNullable(); // the same, folded, for questions
    code(table, 'start_date');
    code(table, 'end_date');
    table.integer('live').notNullable();
    code(table, 'source').notNullable(); // last writer
    table.index(['group_seq', 'live'], 'memberships_group');
    table.index(['individual_seq', 'live'], 'memberships_individual');
  });
  await knex.raw('create unique index memberships_once on memberships (group_seq, individual_seq) where live = 1');
  await knex.raw('create index memberships_ending on memberships (end_date) where live = 1 and end_date is not null');

  // What a hard delete leaves behind: that there was something, and when it went.
  await knex.schema.createTable('tombstones', (table) => {
    code(table, 'id').primary();
    table.bigInteger('seq').notNullable();
    code(table, 'kind').notNullable();
    code(table, 'deleted_at').notNullable();
    code(table, 'reason').notNullable();
  });

  // The change feed. Positions are given out under the order lock as the last step of a transaction, so that a
  // reader who has seen position n has seen everything before n.
  await knex.schema.createTable('feed', (table) => {
    table.bigInteger('position').primary();
    code(table, 'type').notNullable();
    code(table, 'subject').notNullable(); // id of the registrant
    code(table, 'kind').notNullable(); // individual | group
    table.bigInteger('version').notNullable(); // after the change
    code(table, 'at').notNullable();
    code(table, 'source').notNullable();
    table.text('detail').notNullable(); // JSON
    table.text('before'); // JSON registrant before the change; null for a creation
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
    table.text('detail').notNullable(); // JSON: aliases, parent, definition
    table.primary(['vocabulary', 'code']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'vocabulary_codes',
    'feed_consumers',
    'feed',
    'tombstones',
    'memberships',
    'open_attributes',
    'registrant_values',
    'identifiers',
    'registrants',
    'revisions',
  ]) {
    await knex.schema.dropTableIfExists(table);
  }
}
