import type { Knex } from 'knex';

/** Transactions whose question and answer were erased: what happened stays, who was asked about does not. */
export async function up(knex: Knex): Promise<void> {
  const isPostgres = knex.client.config.client === 'pg';
  await knex.schema.alterTable('dci_transactions', (table) => {
    if (isPostgres) table.specificType('erased_at', 'text collate "C"');
    else table.text('erased_at');
  });
  // Erasure looks at what is still kept, which is little where there is a rule of age.
  await knex.raw('create index dci_transactions_kept on dci_transactions (seq) where erased_at is null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index if exists dci_transactions_kept');
  await knex.schema.alterTable('dci_transactions', (table) => {
    table.dropColumn('erased_at');
  });
}
