import type { Knex } from 'knex';

/**
 * Replay protection: which messages were accepted. Kept for ever, so each row is as small as it can be: the id is a
 * hash of sender and message id, the digest a hash of the bytes, 16 bytes each.
 */
export async function up(knex: Knex): Promise<void> {
  if (knex.client.config.client === 'pg') {
    await knex.raw('create table seen_messages (id bytea primary key, digest bytea not null, at bigint not null)');
  } else {
    // Without rowid the table is its own index: half the size, one page less to write.
    await knex.raw(
      'create table seen_messages (id blob not null primary key, digest blob not null, at integer not null) without rowid',
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('seen_messages');
}
