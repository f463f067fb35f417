import type { Middleware } from 'koa';
import { Fault } from '../core/fault.ts';
import { answerersOf } from './answerers.ts';
import type { DciDeps } from './deps.ts';
import { isInboxOperation } from './inbox/inbox.ts';
import { mockup } from './mockup/mockup.routes.ts';
import { type OperationName, operationOf } from './operations.ts';
import { type Endpoint, endpoints, isDciPath } from './paths.ts';
import {
  acknowledge,
  dciFaults,
  keepExchange,
  limitRate,
  openEnvelope,
  openMessage,
  readBody,
  replyTo,
  requireScope,
  requireSignature,
  requireToken,
  type Step,
  takeIn,
} from './steps.routes.ts';
import { createTransactions } from './transactions/accept.ts';
import { isAsyncOperation } from './transactions/transaction.ts';
import { wellKnownRoutes } from './well-known.routes.ts';

/** The steps of a call, as one middleware. */
const inOrder =
  (steps: readonly Step[]): Middleware =>
  (ctx, next) => {
    const run = async (at: number): Promise<void> => {
      const step = steps[at];
      await (step ? step(ctx as Parameters<Step>[0], () => run(at + 1)) : next());
    };
    return run(0);
  };

const refuseEverything =
  (message: string): Step =>
  () => {
    throw new Fault('dci.operation-unserved', message);
  };

const refuseMethod: Step = (ctx) => {
  throw new Fault('http.method-not-allowed', `${ctx.method} is not served here; every call is a POST`);
};

/**
 * The DCI door: every prefix of dci.md §1.1, every operation of §1.2, and the documents that are there for everybody.
 *
 * A call passes the same steps whatever it asks; what differs is its row in `operations.ts` and its answerer.
 */
export const dciRoutes = (deps: DciDeps): Middleware => {
  const answerers = answerersOf(deps);
  const transactions = createTransactions(deps);
  const frame = (endpoint: Endpoint | undefined): readonly Step[] => [keepExchange(deps, endpoint), dciFaults(deps)];
  const rate = limitRate(deps);

  /** What is done with a message that passed every check; `undefined` for what is not offered. */
  const lastStep = (name: OperationName): Step | undefined => {
    if (deps.inbox && isInboxOperation(name)) return takeIn(deps.inbox, name);
    const answerer = answerers.get(name);
    if (!answerer) return undefined;
    return isAsyncOperation(name) ? acknowledge(deps, transactions, name) : replyTo(deps, answerer);
  };

  const sample = (endpoint: Endpoint): readonly Step[] => (deps.config.mockup ? [mockup(endpoint, deps.clock)] : []);

  const recipe = (endpoint: Endpoint): Middleware => {
    const { operation: name, registry } = endpoint;
    const operation = operationOf(name);
    const isElsewhere = registry !== undefined && operation.registries?.includes(registry) === false;
    const last = isElsewhere ? undefined : lastStep(name);
    if (!last) {
      const message = isElsewhere
        ? `the ${registry} registry has no operation ${operation.path}`
        : `this server does not offer the operation ${operation.path}`;
      return inOrder([...sample(endpoint), ...frame(endpoint), requireToken(deps), refuseEverything(message)]);
    }
    return inOrder([
      ...sample(endpoint),
      ...frame(endpoint),
      requireToken(deps),
      rate,
      readBody(deps, operation),
      openEnvelope,
      requireSignature(deps),
      requireScope(deps, operation, endpoint),
      openMessage(deps, operation),
      last,
    ]);
  };

  const recipes = new Map([...endpoints].map(([path, endpoint]) => [path, recipe(endpoint)] as const));
  const wrongMethod = inOrder([...frame(undefined), refuseMethod]);
  const nowhere = inOrder([
    ...frame(undefined),
    requireToken(deps),
    refuseEverything('there is no operation at this path'),
  ]);

  const wellKnown = wellKnownRoutes(deps);

  return async (ctx, next) => {
    const path = ctx.path.length > 1 && ctx.path.endsWith('/') ? ctx.path.slice(0, -1) : ctx.path;
    const found = recipes.get(path);
    if (found) {
      ctx.state['door'] = 'dci';
      return ctx.method === 'POST' ? await found(ctx, next) : await wrongMethod(ctx, next);
    }
    if (path.includes('/.well-known/')) return await wellKnown(ctx, next);
    if (!isDciPath(path)) return await next();
    ctx.state['door'] = 'dci';
    await nowhere(ctx, next);
  };
};
