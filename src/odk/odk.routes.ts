import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { type Client, type ClientTokens, requireScope } from '../access/index.ts';
import { type Clock, toTimestamp } from '../core/clock.ts';
import { isFault } from '../core/fault.ts';
import { asDoor, statusOfKind } from '../http/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Odk } from './odk.ts';
import type { SourceStatus } from './status.ts';

export interface OdkRouteDeps {
  readonly odk: Pick<Odk, 'status'>;
  readonly ledger: Pick<Ledger, 'record' | 'recordStranger'>;
  readonly tokens: Pick<ClientTokens, 'authenticate'>;
  readonly clock: Clock;
}

/** `odk:read` shows everything; narrowed to fields, what people answered only when `value` is among them. */
const maySeeValues = ({ scopes }: Client): boolean =>
  scopes.some(
    ({ resource, action, fields }) =>
      resource === 'odk' && ['read', 'all'].includes(action) && (fields === undefined || fields.includes('value')),
  );

const toShown = (status: SourceStatus, client: Client): object =>
  maySeeValues(client)
    ? status
    : { ...status, deadLetters: status.deadLetters.map(({ value: _value, ...letter }) => letter) };

/** The client who asks. Who has no right to ask is on the ledger all the same, bounded as strangers are. */
const clientOf = async (ctx: Context, { tokens, ledger, clock }: OdkRouteDeps): Promise<Client> => {
  try {
    const client = await tokens.authenticate(ctx.get('authorization') || undefined);
    requireScope(client, 'odk', 'read');
    return client;
  } catch (error) {
    if (!isFault(error)) throw error;
    if (error.kind === 'unauthenticated') ctx.set('WWW-Authenticate', 'Bearer');
    await ledger.recordStranger({
      kind: 'access',
      direction: 'in',
      endpoint: `GET ${ctx.path}`,
      at: toTimestamp(clock()),
      status: statusOfKind[error.kind],
      refusal: error.code,
    });
    throw error;
  }
};

const record = async (ctx: Context, { ledger, clock }: OdkRouteDeps, client: Client, count: number): Promise<void> => {
  await ledger.record([
    {
      kind: 'access',
      direction: 'in',
      endpoint: `GET ${ctx.path}`,
      peer: client.clientId,
      at: toTimestamp(clock()),
      status: 200,
      facts: { count },
    },
  ]);
};

const list =
  (deps: OdkRouteDeps): Middleware =>
  async (ctx) => {
    const client = await clientOf(ctx, deps);
    const { sources } = await deps.odk.status();
    await record(ctx, deps, client, sources.length);
    ctx.body = {
      sources: sources.map(({ deadLetters, proposals, ...rest }) => ({
        ...rest,
        deadLetters: deadLetters.length,
        proposals: proposals.length,
      })),
    };
  };

const one =
  (deps: OdkRouteDeps): Middleware =>
  async (ctx) => {
    const client = await clientOf(ctx, deps);
    const [status] = (await deps.odk.status(String(ctx['params']['name']))).sources;
    await record(ctx, deps, client, status?.deadLetters.length ?? 0);
    ctx.body = toShown(status as SourceStatus, client);
  };

/** How the ODK sources stand, for consoles and monitors: `GET /odk/sources`, `GET /odk/sources/NAME`. */
export const odkRoutes = (deps: OdkRouteDeps): Middleware => {
  const router = new Router();
  router.use(async (ctx, next) => {
    ctx.state['door'] = 'odk';
    await next();
  });
  router.get('/odk/sources', list(deps));
  // A name may hold a slash (`pilot/household_registration`), written as such or as %2F.
  router.get('/odk/sources/*name', one(deps));
  return asDoor(router);
};
