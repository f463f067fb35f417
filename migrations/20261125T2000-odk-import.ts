import type { Knex } from 'knex';

/**
 * What the importer keeps beyond the first draft of its tables: what a Central can do and what was last conditional on
 * it, totals for metrics, submissions that are gone for good, the roles of members as last imported, and what ODK
 * would have written over somebody else's value.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);

  await knex.raw('alter table odk_sources drop column batch');
  await knex.raw("alter table odk_sources add column central text not null default '{}'");
  await knex.raw("alter table odk_sources add column totals text not null default '{}'");
  await knex.raw('alter table odk_sources add column reconcile_at bigint not null default 0');
  await knex.raw('alter table odk_submissions add column vanished integer not null default 0');
  await knex.raw('alter table odk_members drop column start_date');
  await knex.raw("alter table odk_members add column roles text not null default '[]'");
  await knex.raw('drop index odk_submissions_queue');
  await knex.raw(
    'create index odk_submissions_queue on odk_submissions (source, form_key, submission_date, instance_id) where queued > 0',
  );
  await knex.raw('create index odk_submissions_subject on odk_submissions (subject) where subject is not null');

  await knex.schema.createTable('odk_proposals', (table) => {
    code(table, 'registrant').notNullable();
    code(table, 'path').notNullable(); // of the field, as in the registrant's provenance
    code(table, 'source').notNullable();
    code(table, 'form_key').notNullable();
    code(table, 'instance_id').notNullable();
    code(table, 'writer').notNullable(); // who wrote what stands there
    table.text('proposed').notNullable(); // JSON
    code(table, 'at').notNullable();
    table.primary(['registrant', 'path']);
    table.index(['source', 'form_key', 'instance_id'], 'odk_proposals_submission');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('odk_proposals');
  await knex.raw('drop index odk_submissions_subject');
  await knex.raw('drop index odk_submissions_queue');
  await knex.raw(
    'create index odk_submissions_queue on odk_submissions (source, form_key, queued, submission_date, instance_id) where queued > 0',
  );
  await knex.raw('alter table odk_members drop column roles');
  await knex.raw('alter table odk_members add column start_date text');
  await knex.raw('alter table odk_submissions drop column vanished');
  for (const column of ['reconcile_at', 'totals', 'central']) {
    await knex.raw(`alter table odk_sources drop column ${column}`);
  }
  await knex.raw('alter table odk_sources add column batch bigint not null default 0');
}
