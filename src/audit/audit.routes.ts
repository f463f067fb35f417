import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { type AccessLog, type Client, type ClientTokens, requireScope } from '../access/index.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import { asDoor, statusOfKind } from '../http/index.ts';
import type { FoundEntry, Ledger } from '../ledger/index.ts';
import { requiredOf, toQuestion } from './question.ts';

export interface AuditDeps {
  readonly ledger: Pick<Ledger, 'find' | 'latestCheckpoint' | 'inclusionProof' | 'consistencyProof'>;
  readonly tokens: Pick<ClientTokens, 'authenticate'>;
  readonly accessLog: Pick<AccessLog, 'record'>;
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

/** `audit:read` shows everything; narrowed to fields, messages only when `body` is among them. */
const maySeeBodies = ({ scopes }: Client): boolean =>
  scopes.some(
    ({ resource, action, fields }) =>
      resource === 'audit' && ['read', 'all'].includes(action) && (fields === undefined || fields.includes('body')),
  );

const toBody = (body: Buffer): JsonObject => {
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body) ? { text } : { base64: base64(body) };
};

const toEntry = ({ seq, entry, leafHash, erasedBy, body }: FoundEntry): object => ({
  seq,
  leaf_hash: base64(leafHash),
  entry,
  ...(erasedBy === undefined ? {} : { erased_by: erasedBy }),
  ...(body ? toBody(body) : {}),
});

/**
 * Answers an auditor who may ask, and puts the access into the audit log before anything leaves: reading the ledger is
 * an access like any other, and so is being refused it. What was looked for may name a person, so it is erasable.
 */
const forAuditors =
  (
    { tokens, accessLog }: AuditDeps,
    answer: (ctx: Context, client: Client) => Promise<{ readonly count: number }>,
  ): Middleware =>
  async (ctx) => {
    const endpoint = `GET ${ctx.path}`;
    let who: string | undefined;
    try {
      const client = await tokens.authenticate(ctx.get('authorization') || undefined);
      who = client.clientId;
      requireScope(client, 'audit', 'read');
      const facts = await answer(ctx, client);
      const { subject } = ctx.query;
      await accessLog.record({
        endpoint,
        who,
        status: 200,
        facts,
        body: Buffer.from(JSON.stringify(ctx.query)),
        ...(typeof subject === 'string' ? { subjects: [subject] } : {}),
      });
    } catch (error) {
      if (!isFault(error)) throw error;
      if (error.kind === 'unauthenticated') ctx.set('WWW-Authenticate', 'Bearer');
      const status = statusOfKind[error.kind];
      await accessLog.record({ endpoint, status, refusal: error.code, ...(who === undefined ? {} : { who }) });
      throw error;
    }
  };

const entries = (deps: AuditDeps): Middleware =>
  forAuditors(deps, async (ctx, client) => {
    const question = toQuestion(ctx.query);
    if (question.bodies && !maySeeBodies(client)) {
      throw new Fault('scope.missing', 'this client may not read the messages themselves');
    }
    const found = await deps.ledger.find(question);
    ctx.body = { entries: found.entries.map(toEntry), ...(found.next === undefined ? {} : { next: found.next }) };
    return { count: found.entries.length };
  });

const inclusion = (deps: AuditDeps): Middleware =>
  forAuditors(deps, async (ctx) => {
    const [seq, size] = [requiredOf(ctx.query, 'seq'), requiredOf(ctx.query, 'size')];
    const hashes = await deps.ledger.inclusionProof(seq, size);
    const [found] = (await deps.ledger.find({ after: seq - 1, limit: 1 })).entries;
    if (found?.seq !== seq) throw new Fault('ledger.damaged', `entry ${seq} is missing`);
    ctx.body = { seq, size, leaf: found.leaf, leaf_hash: base64(found.leafHash), hashes: hashes.map(base64) };
    return { count: 1 };
  });

// Checkpoints and consistency proofs are numbers and hashes: they tell nothing about anybody, and a witness should
// need nobody's permission to look.
const checkpoint =
  ({ ledger }: AuditDeps): Middleware =>
  async (ctx) => {
    const latest = await ledger.latestCheckpoint();
    if (!latest) throw new Fault('ledger.out-of-range', 'no checkpoint has been signed yet');
    ctx.set('Content-Type', 'text/plain; charset=utf-8');
    ctx.set('Cache-Control', 'no-store');
    ctx.body = latest.note;
  };

const consistency =
  ({ ledger }: AuditDeps): Middleware =>
  async (ctx) => {
    const [from, to] = [requiredOf(ctx.query, 'from'), requiredOf(ctx.query, 'to')];
    const hashes = await ledger.consistencyProof(from, to);
    ctx.body = { from, to, hashes: hashes.map(base64) };
  };

/** The ledger for auditors and witnesses (docs/audit.md). */
export const auditRoutes = (deps: AuditDeps): Middleware => {
  const router = new Router();
  router.use(async (ctx, next) => {
    ctx.state['door'] = 'audit';
    await next();
  });
  router.get('/ledger/checkpoint', checkpoint(deps));
  router.get('/ledger/entries', entries(deps));
  router.get('/ledger/proof/inclusion', inclusion(deps));
  router.get('/ledger/proof/consistency', consistency(deps));
  return asDoor(router);
};
