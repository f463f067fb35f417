import type { Knex } from 'knex';

/**
 * The people that a message names, where it names many: their keyed hashes of 16 bytes in one piece. A row for each,
 * as in `ledger_subjects`, would write to a page of the index for nearly every one of them.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  await knex.raw(
    `create table ledger_subject_lists (
      seq ${isPostgres ? 'bigint' : 'integer'} primary key, subjects ${isPostgres ? 'bytea' : 'blob'} not null
    )`,
  );
  // Hashes cannot be compressed; trying it costs time.
  if (isPostgres) await knex.raw('alter table ledger_subject_lists alter column subjects set storage external');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('ledger_subject_lists');
}
