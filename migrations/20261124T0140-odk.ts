import type { Knex } from 'knex';

/** ODK sources and the ledger of their submissions (odk.md §15.2): one row per instance id, kept for life. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  await knex.schema.createTable('odk_sources', (table) => {
    code(table, 'name').primary();
    table.text('settings').notNullable(); // JSON: url, project, form, email, poll …
    table.text('secret').notNullable(); // sealed with the key in DATA_DIR
    table.text('mapping').notNullable(); // as given, YAML or JSON
    code(table, 'mapping_version').notNullable(); // hash of the mapping
    code(table, 'state').notNullable(); // ok | degraded | paused | gone
    code(table, 'form_key'); // the form's createdAt: a form made anew is another form
    code(table, 'form_hash');
    code(table, 'watermark');
    table.text('walk'); // JSON of an unfinished walk
    code(table, 'last_success_at');
    table.text('last_error');
  });
  await knex.schema.createTable('odk_submissions', (table) => {
    code(table, 'source').notNullable();
    code(table, 'form_key').notNullable();
    code(table, 'instance_id').notNullable();
    code(table, 'fingerprint').notNullable();
    code(table, 'submission_date').notNullable();
    code(table, 'deleted_at');
    code(table, 'review_state');
    table.integer('edits').notNullable().defaultTo(0);
    table.integer('applied_edits');
    table.text('row').notNullable(); // JSON, as Central delivered it
    table.integer('queued').notNullable().defaultTo(1);
    code(table, 'outcome'); // created | updated | unchanged | parked | held | retired
    code(table, 'registrant_id');
    code(table, 'reason');
    code(table, 'path');
    table.text('value');
    table.integer('tries').notNullable().defaultTo(0);
    code(table, 'first_at');
    code(table, 'last_at');
    code(table, 'mapping_version');
    table.primary(['source', 'form_key', 'instance_id']);
  });
  await knex.raw(
    'create index odk_submissions_queue on odk_submissions (source, submission_date, instance_id) where queued = 1',
  );
  await knex.raw('create index odk_submissions_dead on odk_submissions (source, reason) where reason is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('odk_submissions');
  await knex.schema.dropTableIfExists('odk_sources');
}
