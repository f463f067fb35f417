import { randomBytes } from 'node:crypto';
import { type Clock, toTimestamp } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import type { Database, Tx } from '../../storage/index.ts';
import type { AccessLog } from '../audit/index.ts';
import { type Client, legalBases, organizationTypes } from './client.ts';
import { CLIENTS_TOPIC, readClients, type StoredClient, writeClient } from './clients.store.ts';
import { type Scope, showScope } from './scope.ts';
import { hashSecret, matchesSecret, newSecret } from './secret.ts';

export interface NewClient {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly organization?: string;
  readonly organizationType?: string;
  readonly legalBasis?: string;
  readonly legalBasisReference?: string;
  readonly requireConsent?: boolean;
  readonly rateLimitPerMinute?: number;
  readonly rateLimitPerDay?: number;
}

export interface Clients {
  /** Makes a client; the secret is answered here and never again. */
  add(client: NewClient): Promise<{ readonly client: Client; readonly secret: string }>;
  list(): Promise<readonly Client[]>;
  replaceScopes(clientId: string, scopes: readonly Scope[]): Promise<Client>;
  /** A new secret; the old one is void at once. */
  rotate(clientId: string): Promise<{ readonly client: Client; readonly secret: string }>;
  revoke(clientId: string): Promise<Client>;
  /** The active client of that id and secret; takes as long whether the id or the secret is wrong. */
  authenticate(clientId: string, secret: string): Promise<Client | undefined>;
  /** The active client, as it is now: rights are read from here on each request, not from its token. */
  find(clientId: string): Promise<Client | undefined>;
}

const oneOf = <T extends string>(values: readonly T[], given: string | undefined, what: string): T | undefined => {
  if (given === undefined) return undefined;
  const found = values.find((value) => value === given);
  if (!found) throw new Fault('client.invalid', `${what} must be one of ${values.join(', ')}`);
  return found;
};

const limit = (given: number | undefined, fallback: number, what: string): number => {
  if (given === undefined) return fallback;
  if (!Number.isInteger(given) || given < 1)
    throw new Fault('client.invalid', `${what} must be a whole number above 0`);
  return given;
};

export interface ClientsDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Told of every change, in its transaction. */
  readonly accessLog?: Pick<AccessLog, 'recordIn'>;
}

/** API clients with their secrets hashed; remembered in memory until any process changes them. */
export const createClients = ({ db, clock, accessLog }: ClientsDeps): Clients => {
  const record = (tx: Tx, endpoint: string, { clientId, scopes, active, requireConsent, legalBasis }: Client): void =>
    accessLog?.recordIn(tx, {
      endpoint,
      who: 'operator',
      facts: {
        client_id: clientId,
        scopes: scopes.map(showScope),
        active,
        is_require_consent: requireConsent,
        legal_basis: legalBasis,
      },
    });
  let known: Promise<ReadonlyMap<string, StoredClient>> | undefined;
  db.onTouch(CLIENTS_TOPIC, () => {
    known = undefined;
  });

  const load = (): Promise<ReadonlyMap<string, StoredClient>> => {
    known ??= db
      .read(readClients)
      .then((clients) => new Map(clients.map((stored) => [stored.client.clientId, stored])))
      .catch((error: unknown) => {
        known = undefined;
        throw error;
      });
    return known;
  };

  const change = (what: string, clientId: string, next: (stored: StoredClient) => StoredClient): Promise<Client> =>
    db.write(async (tx) => {
      const stored = (await readClients(tx)).find(({ client }) => client.clientId === clientId);
      if (!stored) throw new Fault('client.unknown', `there is no client ${clientId}`);
      const changed = next(stored);
      await writeClient(tx, changed);
      record(tx, what, changed.client);
      return changed.client;
    });

  return {
    async add(given) {
      if (given.name.trim() === '' || given.name.length > 200) {
        throw new Fault('client.invalid', 'a client needs a name of at most 200 characters');
      }
      if (given.scopes.length === 0) throw new Fault('client.invalid', 'a client needs at least one --scope');
      const organizationType = oneOf(organizationTypes, given.organizationType, 'the organization type');
      const secret = newSecret();
      const client: Client = {
        clientId: `client_${randomBytes(16).toString('base64url')}`,
        name: given.name,
        active: true,
        ...(given.organization === undefined ? {} : { organization: given.organization }),
        ...(organizationType ? { organizationType } : {}),
        legalBasis: oneOf(legalBases, given.legalBasis, 'the legal basis') ?? 'consent',
        ...(given.legalBasisReference === undefined ? {} : { legalBasisReference: given.legalBasisReference }),
        requireConsent: given.requireConsent ?? true,
        rateLimitPerMinute: limit(given.rateLimitPerMinute, 60, 'the limit per minute'),
        rateLimitPerDay: limit(given.rateLimitPerDay, 10_000, 'the limit per day'),
        scopes: given.scopes,
        createdAt: toTimestamp(clock()),
      };
      const secretHash = await hashSecret(secret);
      await db.write(async (tx) => {
        await writeClient(tx, { client, secretHash });
        record(tx, 'client add', client);
      });
      return { client, secret };
    },
    list: async () => (await db.read(readClients)).map(({ client }) => client),
    replaceScopes(clientId, scopes) {
      if (scopes.length === 0) throw new Fault('client.invalid', 'a client needs at least one --scope');
      return change('client update', clientId, (stored) => ({ ...stored, client: { ...stored.client, scopes } }));
    },
    async rotate(clientId) {
      const secret = newSecret();
      const secretHash = await hashSecret(secret);
      return { client: await change('client rotate', clientId, (stored) => ({ ...stored, secretHash })), secret };
    },
    revoke: (clientId) =>
      change('client revoke', clientId, (stored) => ({ ...stored, client: { ...stored.client, active: false } })),
    async authenticate(clientId, secret) {
      const stored = (await load()).get(clientId);
      const matches = await matchesSecret(secret, stored?.secretHash);
      return matches && stored?.client.active ? stored.client : undefined;
    },
    async find(clientId) {
      const stored = (await load()).get(clientId);
      return stored?.client.active ? stored.client : undefined;
    },
  };
};
