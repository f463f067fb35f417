import type { Knex } from 'knex';

/** When Central was last told what became of a submission: whatever was settled later is still to be told. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  await knex.raw(`alter table odk_submissions add column told_at text${isPostgres ? ' collate "C"' : ''}`);
  await knex.raw(
    'create index odk_submissions_untold on odk_submissions (source, form_key, instance_id) where told_at is null or last_at > told_at',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index odk_submissions_untold');
  await knex.raw('alter table odk_submissions drop column told_at');
}
