import type { Context, Middleware } from 'koa';
import { hasScope, mayUse } from '../access/index.ts';
import { Fault } from '../core/fault.ts';
import { newRandomId } from '../core/ids.ts';
import { captureFaults, rawBody, type WireKernel } from '../http/index.ts';
import type { Tx } from '../storage/index.ts';
import type { Answerer } from './answerer.ts';
import type { DciDeps } from './deps.ts';
import { type RequestHeader, refusalBody } from './envelope.ts';
import type { Exchange, Question, Reply } from './exchange.ts';
import { toRefusal } from './fault.ts';
import { isForm, readFormEnvelope } from './form-envelope.ts';
import type { Inbox, InboxOperation } from './inbox/inbox.ts';
import type { Operation } from './operations.ts';
import type { Endpoint } from './paths.ts';
import { placeOf } from './place.ts';
import { createRateLimit } from './rate-limit.ts';
import { authenticate, claimsOf, openBody, type Received, readHeader, readMessage, verifySender } from './receive.ts';
import { registryNames } from './registries/registry.ts';
import { sealReply } from './seal.ts';
import { checkSenderUri, type Transactions } from './transactions/accept.ts';
import type { AsyncOperation } from './transactions/transaction.ts';

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
  ({ calls, clock }: Pick<DciDeps, 'calls' | 'clock'>, endpoint: Endpoint | undefined): Step =>
  async (ctx, next) => {
    const exchange: Exchange = {
      traceId: ctx.state.traceId,
      receivedAt: clock(),
      path: ctx.path,
      ...(endpoint ? { operation: endpoint.operation } : {}),
    };
    ctx.state.exchange = exchange;
    await next();
    if (exchange.isRecorded) return;
    exchange.status = ctx.status;
    exchange.answer = ctx.body as Buffer;
    // Durable before answered: nothing leaves before it is recorded.
    await calls.record(exchange);
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

// What a form adds to the envelope in it: boundaries, part headers and two short fields.
const FORM_ROOM = 16 * 1024;

/** The received bytes of the envelope; on calls that also take a form, those of the file in it (dci.md §1). */
export const readBody = ({ config }: Pick<DciDeps, 'config'>, operation: Operation): Step => {
  const plain = rawBody({ limit: config.maxBody }) as Step;
  if (operation.kind === 'sync') return plain;
  const roomy = rawBody({ limit: config.maxBody + FORM_ROOM }) as Step;
  return (ctx, next) => {
    const type = ctx.get('content-type');
    if (!isForm(type)) return plain(ctx, next);
    return roomy(ctx, async () => {
      const { envelope, action } = await readFormEnvelope(type, ctx.state.body);
      if (!operation.actions.includes(action)) {
        throw new Fault('dci.action-invalid', `action: must be ${operation.actions[0]} here`);
      }
      ctx.state.body = envelope;
      await next();
    });
  };
};

export const openEnvelope: Step = async (ctx, next) => {
  const { exchange, body } = ctx.state;
  exchange.body = body;
  ctx.state.received = openBody(body);
  exchange.envelope = ctx.state.received.envelope;
  exchange.claims = claimsOf(exchange.envelope);
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
    ctx.state.exchange.claims = { ...ctx.state.exchange.claims, messageId: header.messageId };
    ctx.state.question = {
      header,
      message: undefined,
      correlationId: newRandomId(),
      peer,
      place: placeOf(peer, operation, { named: endpoint.registry, configured: config.registry }),
    };
    await next();
  };

export const openMessage =
  (deps: DciDeps, operation: Operation): Step =>
  async (ctx, next) => {
    const { exchange, header, received, question } = ctx.state;
    const { envelope } = received;
    const message = await readMessage(deps, { peer: question.peer, header, envelope }, operation);
    exchange.message = message;
    ctx.state.question = { ...question, message };
    await next();
  };

const duplicate = ({ action, nothing }: Answerer, question: Question, now: number): Reply => ({
  action,
  status: 'rjct',
  reason: { code: 'rjct.message_id.duplicate', message: 'header.message_id: was used before' },
  total: 0,
  completed: 0,
  message: nothing(question, now),
});

/** Ends the transaction of a question that was accepted before: what was written for it again must not stay. */
class AskedBefore extends Error {}

/**
 * Answers at once. The answer is made as for a message that is new; whether it is, is found out by the very commit that
 * puts both on the ledger, with what the answer changed, and nothing leaves before that (dci.md §15.9).
 */
export const replyTo =
  (deps: DciDeps, answerer: Answerer): Step =>
  async (ctx) => {
    const { exchange, question } = ctx.state;
    const seal = async (reply: Reply): Promise<Buffer> => {
      exchange.reply = await sealReply(deps, question.peer, question.header, reply);
      return exchange.reply.body;
    };
    const acceptRead = async (read: (question: Question) => Promise<Reply>): Promise<boolean> => {
      exchange.answer = await seal(await read(question));
      return (await deps.calls.accept(exchange)) === 'accepted';
    };
    const acceptWrite = async (write: (tx: Tx, question: Question) => Promise<Reply>): Promise<boolean> => {
      try {
        await deps.db.write(async (tx) => {
          exchange.answer = await seal(await write(tx, question));
          if ((await deps.calls.acceptIn(tx, exchange)) !== 'accepted') throw new AskedBefore();
        });
        return true;
      } catch (error) {
        if (error instanceof AskedBefore) return false;
        throw error;
      }
    };
    exchange.status = 200;
    exchange.isRecorded = 'read' in answerer ? await acceptRead(answerer.read) : await acceptWrite(answerer.write);
    const answer = exchange.isRecorded ? exchange.answer : await seal(duplicate(answerer, question, deps.clock()));
    send(ctx, 200, answer as Buffer);
  };

/**
 * Takes a question in whose answer comes later: stored before the Ack, worked on after it. The callback address is
 * checked here, while the sender can still be told (dci.md §5.4).
 */
export const acknowledge =
  ({ config, log }: Pick<DciDeps, 'config' | 'log'>, transactions: Transactions, operation: AsyncOperation): Step =>
  async (ctx) => {
    const { exchange, question } = ctx.state;
    checkSenderUri(question.header, config.reach);
    send(ctx, 200, await transactions.accept(exchange, question, operation));
    if (!exchange.isRecorded) return;
    ctx.res.once('close', () => {
      transactions.acknowledged(question.correlationId).catch((error: unknown) => {
        // The work begins all the same, a little later.
        log.warn({ err: error }, 'cannot note that an Ack is out');
      });
    });
  };

/** Takes in what another registry calls back or tells us. */
export const takeIn =
  (inbox: Inbox, operation: InboxOperation): Step =>
  async (ctx) => {
    send(ctx, 200, await inbox.receive(ctx.state.exchange, ctx.state.question, operation));
  };
