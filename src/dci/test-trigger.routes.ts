import type { Middleware } from 'koa';
import type { Peers } from '../access/index.ts';
import { Fault, isFault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import { captureFaults, problemJson, type RawBodyState, rawBody } from '../http/index.ts';
import { queryTypes } from './client/ask-search.ts';
import type { Acknowledged, DciClient } from './client/client.ts';
import { given } from './envelope.ts';
import { openBody } from './receive.ts';
import { type RegistryName, registryNames } from './registries/registry.ts';

export interface TestTriggerDeps {
  readonly client: Pick<DciClient, 'searchLater' | 'subscribe'>;
  readonly peers: Pick<Peers, 'list'>;
  /** The registry that is asked for when a trigger names none. */
  readonly registry: RegistryName;
  readonly log: Logger;
}

type Members = Readonly<Record<string, unknown>>;

const MAX_BODY = 64 * 1024;

const registryIn = (body: Members, configured: RegistryName): RegistryName =>
  registryNames.find((one) => one === body['registry']) ?? configured;

/** Who is asked: whom the body names, else the first peer that can be. */
const peerIn = async ({ peers }: TestTriggerDeps, body: Members): Promise<string> => {
  const named = given(body['peer']);
  if (named !== undefined) return named;
  const askable = (await peers.list()).find(({ active, url }) => active && url !== undefined);
  if (!askable) throw new Fault('peer.not-askable', 'no peer has a base address: peer add --url');
  return askable.senderId;
};

const search = async (deps: TestTriggerDeps, body: Members): Promise<Acknowledged> => {
  const queryType = queryTypes.find((one) => one === body['query_type']);
  if (!queryType) throw new Fault('dci.request-invalid', `query_type: must be one of ${queryTypes.join(', ')}`);
  if (body['query'] === undefined) throw new Fault('dci.request-invalid', 'query: is missing');
  const question = { registry: registryIn(body, deps.registry), queryType, query: body['query'] };
  return await deps.client.searchLater(await peerIn(deps, body), [question]);
};

const subscribe = async (deps: TestTriggerDeps, body: Members): Promise<Acknowledged> => {
  const eventType = given(body['event_type']);
  if (eventType === undefined) throw new Fault('dci.request-invalid', 'event_type: is missing');
  return await deps.client.subscribe(await peerIn(deps, body), [
    { registry: registryIn(body, deps.registry), eventType },
  ]);
};

/** What the other side said, also where it refused: whoever triggered us looks at what reached the other side. */
const said = async (asking: Promise<Acknowledged>): Promise<object> => {
  try {
    const { transactionId, correlationId, follows } = await asking;
    const ids = {
      transaction_id: transactionId,
      ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    };
    return { ack_status: follows ? 'ACK' : 'NACK', ...ids };
  } catch (error) {
    if (!isFault(error) || error.kind !== 'upstream') throw error;
    return { ack_status: 'ERR', error: { code: error.details['peerCode'] ?? error.code, message: error.message } };
  }
};

/**
 * `POST /test/trigger/search|subscribe` (dci.md §13): lets a test make this server ask a registry, exactly one message
 * for each call. Mounted only when `DCI_TEST_TRIGGER` says so, as whoever reaches it may ask in our name.
 */
export const testTriggerRoutes = (deps: TestTriggerDeps): Middleware => {
  const triggers = new Map([
    ['/test/trigger/search', search],
    ['/test/trigger/subscribe', subscribe],
  ]);
  const readBody = rawBody({ limit: MAX_BODY }) as Middleware;
  const capture = captureFaults(problemJson, deps.log);

  return async (ctx, next) => {
    const trigger = triggers.get(ctx.path);
    if (!trigger) return await next();
    ctx.state['door'] = 'dci';
    await capture(ctx, async () => {
      if (ctx.method !== 'POST') throw new Fault('http.method-not-allowed', 'a trigger is a POST');
      await readBody(ctx, async () => {
        const { envelope } = openBody((ctx.state as RawBodyState).body);
        ctx.body = await said(trigger(deps, isObject(envelope) ? envelope : {}));
      });
    });
  };
};
