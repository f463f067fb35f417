import type { Knex } from 'knex';

/**
 * The queue of attachments: whom a file is for and where the answers name it, since when it is waited for, when
 * Central was asked last, and when its bytes came (for the budget of an hour).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw("alter table odk_files add column targets text not null default '[]'"); // JSON: registrant, target
  await knex.raw('alter table odk_files add column path text');
  await knex.raw('alter table odk_files add column first_at bigint not null default 0');
  await knex.raw('alter table odk_files add column asked_at bigint not null default 0');
  await knex.raw('alter table odk_files add column fetched_at bigint');
  await knex.raw('drop index odk_files_due');
  // Failed files wait for nobody; stored ones with a time are looked at again.
  await knex.raw("create index odk_files_due on odk_files (source, form_key, next_at) where state <> 'failed'");
  await knex.raw('create index odk_files_fetched on odk_files (source, fetched_at) where fetched_at is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index odk_files_fetched');
  await knex.raw('drop index odk_files_due');
  await knex.raw("create index odk_files_due on odk_files (source, form_key, next_at) where state <> 'stored'");
  for (const column of ['fetched_at', 'asked_at', 'first_at', 'path', 'targets']) {
    await knex.raw(`alter table odk_files drop column ${column}`);
  }
}
