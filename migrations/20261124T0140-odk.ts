import type { Knex } from 'knex';

/**
 * ODK sources and the ledger of their submissions (odk.md §15.2): one row per instance id, kept for life. `form_key`
 * is the form's `createdAt`: a form that was deleted and made anew is another form, with a ledger of its own.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);

  await knex.schema.createTable('odk_sources', (table) => {
    code(table, 'name').primary();
    table.text('settings').notNullable(); // JSON: url, project, form, email, poll …
    table.text('secret').notNullable(); // sealed with the key in DATA_DIR
    table.text('mapping').notNullable(); // as given, YAML or JSON
    code(table, 'mapping_version').notNullable(); // hash of what decides outcomes
    code(table, 'state').notNullable().defaultTo('ok'); // ok | paused | gone
    table.text('form'); // JSON: what was last known of the form, its key first
    code(table, 'watermark');
    table.text('walk'); // JSON of an unfinished walk
    table.bigInteger('batch').notNullable().defaultTo(0); // last number given out in the queue
    table.text('breaker').notNullable().defaultTo(''); // how the last rows came out: one character each
    table.bigInteger('next_at').notNullable().defaultTo(0); // milliseconds, by the database's clock
    code(table, 'last_success_at');
    table.text('last_error');
  });

  await knex.schema.createTable('odk_submissions', (table) => {
    code(table, 'source').notNullable();
    code(table, 'form_key').notNullable();
    code(table, 'instance_id').notNullable();
    code(table, 'fingerprint').notNullable();
    code(table, 'version_id').notNullable();
    code(table, 'submission_date').notNullable();
    code(table, 'updated_at');
    code(table, 'deleted_at');
    code(table, 'review_state');
    code(table, 'form_version');
    code(table, 'status');
    table.integer('edits').notNullable();
    table.integer('files_present').notNullable();
    table.integer('files_expected').notNullable();
    table.integer('anomaly').notNullable().defaultTo(0); // two current versions (odk.md §10.1)
    table.text('row').notNullable(); // JSON, as Central delivered it
    table.bigInteger('queued').notNullable().defaultTo(0); // place in the queue; 0: not waiting
    code(table, 'outcome'); // created | updated | unchanged | parked | held | retired | restored
    code(table, 'subject'); // the registrant made of it
    table.integer('applied_edits');
    table.integer('retired').notNullable().defaultTo(0);
    code(table, 'reason'); // a dead letter's
    code(table, 'path');
    table.text('value');
    table.integer('tries').notNullable().defaultTo(0);
    code(table, 'first_at');
    code(table, 'last_at');
    code(table, 'mapping_version');
    table.bigInteger('ask_at'); // when to ask again for what no date filter shows (odk.md §15.5)
    table.integer('asked').notNullable().defaultTo(0);
    table.text('echo'); // JSON: our own review write, to be met again
    code(table, 'told'); // the outcome that was last written back
    table.primary(['source', 'form_key', 'instance_id']);
  });
  await knex.raw(
    'create index odk_submissions_queue on odk_submissions (source, form_key, queued, submission_date, instance_id) where queued > 0',
  );
  await knex.raw(
    'create index odk_submissions_dead on odk_submissions (source, form_key, reason) where reason is not null',
  );
  await knex.raw(
    'create index odk_submissions_ask on odk_submissions (source, form_key, ask_at) where ask_at is not null',
  );

  // Which registrant a key of the mapping stands for: by default one per submission.
  await knex.schema.createTable('odk_subjects', (table) => {
    code(table, 'source').notNullable();
    code(table, 'form_key').notNullable();
    code(table, 'key').notNullable();
    code(table, 'registrant').notNullable();
    table.primary(['source', 'form_key', 'key']);
  });

  // Members by what tells them apart in the data; those who left stay, as they may come back.
  await knex.schema.createTable('odk_members', (table) => {
    code(table, 'subject').notNullable();
    code(table, 'individual').notNullable();
    code(table, 'source').notNullable();
    table.text('keys').notNullable(); // JSON list
    table.integer('weak').notNullable();
    table.integer('position').notNullable();
    table.text('likeness').notNullable(); // JSON: name and birth date as last imported
    table.integer('live').notNullable();
    code(table, 'start_date');
    table.primary(['subject', 'individual']);
  });

  await knex.schema.createTable('odk_files', (table) => {
    code(table, 'source').notNullable();
    code(table, 'form_key').notNullable();
    code(table, 'instance_id').notNullable();
    code(table, 'name').notNullable();
    code(table, 'state').notNullable(); // outstanding | stored | failed
    table.text('blob');
    table.text('content_type');
    table.bigInteger('size');
    code(table, 'etag'); // MD5, as Central gives it: a re-upload under the same name is seen by it
    code(table, 'reason');
    table.integer('tries').notNullable().defaultTo(0);
    table.bigInteger('next_at').notNullable().defaultTo(0);
    table.primary(['source', 'form_key', 'instance_id', 'name']);
  });
  await knex.raw("create index odk_files_due on odk_files (source, form_key, next_at) where state <> 'stored'");
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['odk_files', 'odk_members', 'odk_subjects', 'odk_submissions', 'odk_sources']) {
    await knex.schema.dropTableIfExists(table);
  }
}
