import { knexOf, type Reader, type Tx, touch } from '../../storage/index.ts';
import type { Client } from './client.ts';

/** Touched with every change, so that every process drops what it remembers of clients. */
export const CLIENTS_TOPIC = 'clients';

interface Row {
  readonly client_id: string;
  readonly secret: string;
  readonly name: string;
  readonly active: number;
  readonly organization: string | null;
  readonly organization_type: Client['organizationType'] | null;
  readonly legal_basis: Client['legalBasis'];
  readonly legal_basis_reference: string | null;
  readonly require_consent: number;
  readonly rate_limit_per_minute: number;
  readonly rate_limit_per_day: number;
  readonly scopes: string;
  readonly created_at: string;
}

export interface StoredClient {
  readonly client: Client;
  readonly secretHash: string;
}

const toRow = ({ client, secretHash }: StoredClient): Row => ({
  client_id: client.clientId,
  secret: secretHash,
  name: client.name,
  active: client.active ? 1 : 0,
  organization: client.organization ?? null,
  organization_type: client.organizationType ?? null,
  legal_basis: client.legalBasis,
  legal_basis_reference: client.legalBasisReference ?? null,
  require_consent: client.requireConsent ? 1 : 0,
  rate_limit_per_minute: client.rateLimitPerMinute,
  rate_limit_per_day: client.rateLimitPerDay,
  scopes: JSON.stringify(client.scopes),
  created_at: client.createdAt,
});

const fromRow = (row: Row): StoredClient => ({
  secretHash: row.secret,
  client: {
    clientId: row.client_id,
    name: row.name,
    active: row.active === 1,
    ...(row.organization === null ? {} : { organization: row.organization }),
    ...(row.organization_type ? { organizationType: row.organization_type } : {}),
    legalBasis: row.legal_basis,
    ...(row.legal_basis_reference === null ? {} : { legalBasisReference: row.legal_basis_reference }),
    requireConsent: row.require_consent === 1,
    rateLimitPerMinute: row.rate_limit_per_minute,
    rateLimitPerDay: row.rate_limit_per_day,
    scopes: JSON.parse(row.scopes) as Client['scopes'],
    createdAt: row.created_at,
  },
});

export const readClients = async (reader: Reader): Promise<readonly StoredClient[]> => {
  const rows: Row[] = await knexOf(reader)('clients').orderBy('created_at').orderBy('client_id');
  return rows.map(fromRow);
};

export const writeClient = async (tx: Tx, stored: StoredClient): Promise<void> => {
  await knexOf(tx)('clients').insert(toRow(stored)).onConflict('client_id').merge();
  await touch(tx, CLIENTS_TOPIC);
};
