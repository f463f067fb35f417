import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

/**
 * The ledger. An entry's truth is `leaf`, one line of canonical JSON; the columns beside it repeat what is searched,
 * and verification compares them. `ledger_state` is the one row every append moves under the order lock.
 *
 * Bodies, their salts and the keyed hashes of the people they name stand apart: they can be erased while the leaves
 * and the tree over them stay as they are.
 */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  const code = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.specificType(name, 'text collate "C"') : table.text(name);
  // Exactly INTEGER makes it SQLite's row number itself: one tree to write instead of two.
  const number = (table: Knex.CreateTableBuilder, name: string) =>
    isPostgres ? table.bigInteger(name) : table.integer(name);

  await knex.schema.createTable('ledger_state', (table) => {
    table.integer('id').primary();
    table.bigInteger('size').notNullable();
    table.binary('frontier').notNullable(); // roots of the perfect subtrees, largest first, 32 bytes each
    code(table, 'last_at').notNullable();
    table.text('origin'); // the name of this log, fixed by its first checkpoint
    table.binary('subject_key').notNullable();
  });
  await knex('ledger_state').insert({
    id: 1,
    size: 0,
    frontier: Buffer.alloc(0),
    last_at: '',
    subject_key: randomBytes(32),
  });

  await knex.schema.createTable('ledger_entries', (table) => {
    number(table, 'seq').primary();
    table.text('leaf').notNullable();
    table.binary('leaf_hash').notNullable();
    code(table, 'recorded_at').notNullable(); // never falls as seq rises, so a time range is a range of seq
    code(table, 'kind').notNullable();
    code(table, 'direction').notNullable();
    code(table, 'peer');
    code(table, 'message_id');
    code(table, 'transaction_id');
    table.bigInteger('reply_to');
    table.bigInteger('erased_by'); // the entry that records the erasure of this one's body
  });
  await knex.raw('create index ledger_peer on ledger_entries (peer, seq) where peer is not null');
  // Ids of messages are random, and an index in their order takes a page written for each entry, for ever. So these
  // indexes begin with the block of 1 024 entries: writes stay within the few pages of the newest block, and a search
  // asks each block in turn, which is rare and still quick.
  await knex.raw(
    'create index ledger_message on ledger_entries ((seq >> 10), message_id) where message_id is not null',
  );
  await knex.raw(
    'create index ledger_transaction on ledger_entries ((seq >> 10), transaction_id) where transaction_id is not null',
  );
  await knex.raw('create index ledger_reply on ledger_entries (reply_to) where reply_to is not null');
  await knex.raw("create index ledger_kind on ledger_entries (kind, seq) where kind <> 'message'");

  await knex.schema.createTable('ledger_bodies', (table) => {
    number(table, 'seq').primary();
    table.binary('salt').notNullable();
    table.binary('body').notNullable();
  });

  await knex.raw(
    `create table ledger_subjects (
      block bigint not null, subject ${isPostgres ? 'bytea' : 'blob'} not null, seq bigint not null,
      primary key (block, subject, seq)
    )${isPostgres ? '' : ' without rowid'}`,
  );

  // Roots of complete subtrees of 256, 65 536, … leaves: any node of the tree is few rows away from these.
  await knex.schema.createTable('ledger_subtrees', (table) => {
    table.integer('level').notNullable();
    table.bigInteger('position').notNullable();
    table.binary('hash').notNullable();
    table.primary(['level', 'position']);
  });

  await knex.schema.createTable('ledger_checkpoints', (table) => {
    number(table, 'size').primary();
    table.binary('root').notNullable();
    code(table, 'at').notNullable();
    table.text('note').notNullable();
  });

  // Checkpoints of other servers' ledgers that we saw, found consistent and co-signed.
  await knex.schema.createTable('ledger_witnessed', (table) => {
    code(table, 'url').notNullable();
    table.bigInteger('size').notNullable();
    code(table, 'origin').notNullable();
    table.binary('root').notNullable();
    code(table, 'at').notNullable();
    table.text('keys').notNullable(); // JSON: the public keys that have signed so far
    table.text('note').notNullable(); // with our co-signature
    table.primary(['url', 'size']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'ledger_witnessed',
    'ledger_checkpoints',
    'ledger_subtrees',
    'ledger_subjects',
    'ledger_bodies',
    'ledger_entries',
    'ledger_state',
  ]) {
    await knex.schema.dropTableIfExists(table);
  }
}
