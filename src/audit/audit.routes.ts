import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { type Client, type ClientTokens, requireScope } from '../access/index.ts';
import { type Clock, toTimestamp } from '../core/clock.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import { asDoor, statusOfKind } from '../http/index.ts';
import type { FoundEntry, Ledger } from '../ledger/index.ts';
import { requiredOf, toQuestion } from './question.ts';

export interface AuditDeps {
  readonly ledger: Pick<
    Ledger,
    'find' | 'latestCheckpoint' | 'inclusionProof' | 'consistencyProof' | 'record' | 'recordStranger'
  >;
  readonly tokens: Pick<ClientTokens, 'authenticate'>;
  readonly clock: Clock;
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

/** The auditor who asks. Who has no right to ask is on the ledger all the same, bounded as strangers are. */
const auditorOf = async (ctx: Context, { tokens, ledger, clock }: AuditDeps): Promise<Client> => {
  try {
    const client = await tokens.authenticate(ctx.get('authorization') || undefined);
    requireScope(client, 'audit', 'read');
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

/** Reading the ledger is an access like any other. What was looked for may name a person, so it is erasable. */
const recordAccess = async (ctx: Context, { ledger, clock }: AuditDeps, client: Client, count: number) => {
  const { subject } = ctx.query;
  await ledger.record([
    {
      kind: 'access',
      direction: 'in',
      endpoint: `GET ${ctx.path}`,
      peer: client.clientId,
      at: toTimestamp(clock()),
      status: 200,
      facts: { count },
      body: Buffer.from(JSON.stringify(ctx.query)),
      ...(typeof subject === 'string' ? { subjects: [subject] } : {}),
    },
  ]);
};

const entries =
  (deps: AuditDeps): Middleware =>
  async (ctx) => {
    const client = await auditorOf(ctx, deps);
    const question = toQuestion(ctx.query);
    if (question.bodies && !maySeeBodies(client)) {
      throw new Fault('scope.missing', 'this client may not read the messages themselves');
    }
    const found = await deps.ledger.find(question);
    await recordAccess(ctx, deps, client, found.entries.length);
    ctx.body = { entries: found.entries.map(toEntry), ...(found.next === undefined ? {} : { next: found.next }) };
  };

const inclusion =
  (deps: AuditDeps): Middleware =>
  async (ctx) => {
    await auditorOf(ctx, deps);
    const [seq, size] = [requiredOf(ctx.query, 'seq'), requiredOf(ctx.query, 'size')];
    const hashes = await deps.ledger.inclusionProof(seq, size);
    const [found] = (await deps.ledger.find({ after: seq - 1, limit: 1 })).entries;
    if (found?.seq !== seq) throw new Fault('ledger.damaged', `entry ${seq} is missing`);
    ctx.body = { seq, size, leaf: found.leaf, leaf_hash: base64(found.leafHash), hashes: hashes.map(base64) };
  };

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
