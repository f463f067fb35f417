import { createHash } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { hasScope, mayUse } from '../access/index.ts';
import { Fault } from '../core/fault.ts';
import { captureFaults, type WireKernel } from '../http/index.ts';
import type { DciDeps } from './deps.ts';
import { type RequestHeader, refusalBody } from './envelope.ts';
import type { Exchange, Question, Reply } from './exchange.ts';
import { toRefusal } from './fault.ts';
import type { Operation } from './operations.ts';
import type { Endpoint } from './paths.ts';
import { placeOf } from './place.ts';
import { createRateLimit } from './rate-limit.ts';
import { authenticate, claimsOf, openBody, type Received, readHeader, readMessage, verifySender } from './receive.ts';
import { registryNames } from './registries/registry.ts';
import { sealReply } from './seal.ts';

/** What the steps hand on to each other. */
interface DciState {
  traceId: string;
  body: Buffer;
  exchange: Exchange;
  received: Received;
  header: RequestHeader;
  question: Question;
}
export type Step = Middleware<DciState>;

/** How results and faults look on this wire. Header names keep their capitals: some checkers compare them raw. */
const send = (ctx: Context, status: number, body: Buffer): void => {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = body;
};

const kernel = ({ clock }: Pick<DciDeps, 'clock'>): WireKernel => ({
  writeFault(ctx, fault) {
    const { status, code } = toRefusal(fault);
    const exchange = (ctx.state as Partial<DciState>).exchange;
    if (exchange) exchange.fault = fault.code;
    if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
    if (status === 405) ctx.set('Allow', 'POST');
    if (fault.details.retryAfter !== undefined) ctx.set('Retry-After', String(fault.details.retryAfter));
    send(ctx, status, Buffer.from(refusalBody(code, fault.message, clock())));
  },
});

/** The one place that every call passes on its way in and out: what the ledger gets is gathered here. */
export const keepExchange =
  (deps: Pick<DciDeps, 'record' | 'clock'>, endpoint: Endpoint | undefined): Step =>
  async (ctx, next) => {
    const exchange: Exchange = {
      traceId: ctx.state.traceId,
      receivedAt: deps.clock(),
      path: ctx.path,
      ...(endpoint ? { operation: endpoint.operation } : {}),
    };
    ctx.state.exchange = exchange;
    await next();
    exchange.status = ctx.status;
    exchange.answer = ctx.body as Buffer;
    // Durable before answered: nothing leaves before it is recorded.
    await deps.record?.(exchange);
  };

export const dciFaults = (deps: Pick<DciDeps, 'clock' | 'log'>): Step => captureFaults(kernel(deps), deps.log);

/** Before the body is looked at: whoever has no token learns nothing, and costs nothing (dci.md §14.1). */
export const requireToken =
  (deps: DciDeps): Step =>
  async (ctx, next) => {
    ctx.state.exchange.peer = await authenticate(deps, ctx.get('authorization'));
    await next();
  };

export const limitRate = ({ config }: Pick<DciDeps, 'config'>): Step => {
  const limit = createRateLimit(config.rateLimit);
  return async (ctx, next) => {
    await limit(peerOf(ctx.state).senderId);
    await next();
  };
};

const peerOf = ({ exchange }: DciState): NonNullable<Exchange['peer']> => {
  if (!exchange.peer) throw new Error('requireToken must come first');
  return exchange.peer;
};

export const openEnvelope: Step = async (ctx, next) => {
  const { exchange, body } = ctx.state;
  exchange.body = body;
  ctx.state.received = openBody(body);
  exchange.claims = claimsOf(ctx.state.received.envelope);
  await next();
};

export const requireSignature =
  (deps: DciDeps): Step =>
  async (ctx, next) => {
    const { exchange, received } = ctx.state;
    exchange.verification = await verifySender(deps, peerOf(ctx.state), received);
    await next();
  };

/** The rights of the token for this operation, in the registry of the path or, on a neutral one, in any. */
export const requireScope =
  ({ config }: Pick<DciDeps, 'config'>, operation: Operation, endpoint: Endpoint): Step =>
  async (ctx, next) => {
    const peer = peerOf(ctx.state);
    const open = endpoint.registry ? [endpoint.registry] : (operation.registries ?? registryNames);
    if (!open.some((registry) => hasScope(peer, operation.scope, registry))) {
      throw new Fault('scope.missing', `the token has no right to ${operation.scope} here`);
    }
    // Of a registry that the policy leaves out each item is told so; an operation that it names nowhere ends here.
    if (!registryNames.some((registry) => mayUse(peer, operation.scope, registry))) {
      throw new Fault('scope.missing', `the policy for this sender does not name ${operation.scope}`);
    }
    const header = readHeader(ctx.state.received.envelope, operation);
    ctx.state.header = header;
    ctx.state.question = {
      header,
      message: undefined,
      peer,
      place: placeOf(peer, operation, { named: endpoint.registry, configured: config.registry }),
    };
    await next();
  };

export const openMessage =
  (deps: DciDeps, operation: Operation): Step =>
  async (ctx, next) => {
    const { header, received, question } = ctx.state;
    const { envelope } = received;
    const message = await readMessage(deps, { peer: question.peer, header, envelope }, operation);
    ctx.state.question = { ...question, message };
    await next();
  };

/** What a synchronous operation is made of. */
export interface SyncAnswerer {
  readonly answer: (question: Question) => Promise<Reply>;
  /** The message of an answer to a question that may not be asked again. */
  readonly emptyMessage: (question: Question) => object;
}

const duplicate = ({ emptyMessage }: SyncAnswerer, question: Question): Reply => ({
  action: 'on-search',
  status: 'rjct',
  reason: { code: 'rjct.message_id.duplicate', message: 'header.message_id: was used before' },
  total: 0,
  completed: 0,
  message: emptyMessage(question),
});

/**
 * Answers a question that changes nothing. That the message was accepted is made durable while the answer is looked
 * for; the answer leaves when both are done, and never for a message that had been accepted before (dci.md §15.9).
 */
export const replyTo =
  (deps: DciDeps, answerer: SyncAnswerer): Step =>
  async (ctx) => {
    const { question, body } = ctx.state;
    const { senderId } = question.peer;
    const digest = createHash('sha256').update(body).digest();
    const [acceptance, reply] = await Promise.all([
      deps.seenMessages.accept({ senderId, messageId: question.header.messageId, digest }),
      answerer.answer(question),
    ]);
    const answer = acceptance === 'accepted' ? reply : duplicate(answerer, question);
    send(ctx, 200, await sealReply(deps, question.peer, question.header, answer));
  };
