import type { Knex } from 'knex';

/**
 * Registrants that are published as entities (odk.md §12). The uuid is drawn once per registrant and kept, so that no
 * attempt makes a second entity; `sent` is what Central was last known to hold of it.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);

  await knex.schema.createTable('odk_entity_lists', (table) => {
    code(table, 'source').primary();
    code(table, 'dataset').notNullable();
    code(table, 'mapping_version').notNullable(); // under which the entities were last looked at
    table.bigInteger('position').notNullable(); // in the feed of changes
    code(table, 'watermark'); // of what the field writes
  });

  await knex.schema.createTable('odk_entities', (table) => {
    code(table, 'source').notNullable();
    code(table, 'registrant').notNullable();
    code(table, 'uuid').notNullable();
    code(table, 'state').notNullable(); // new | attempted | live | gone
    table.integer('version');
    code(table, 'hash'); // of what was sent
    table.text('sent'); // JSON: label, data
    code(table, 'conflict'); // soft | hard, as Central says
    table.text('problem'); // why Central refuses it
    table.integer('dirty').notNullable();
    table.primary(['source', 'registrant']);
    table.unique(['source', 'uuid']);
  });
  await knex.raw('create index odk_entities_dirty on odk_entities (source, registrant) where dirty = 1');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('odk_entities');
  await knex.schema.dropTable('odk_entity_lists');
}
