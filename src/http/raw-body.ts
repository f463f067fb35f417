import type { Middleware } from 'koa';
import getRawBody from 'raw-body';
import { Fault } from '../core/fault.ts';

/** What `rawBody` leaves behind. */
export interface RawBodyState {
  /** The received bytes: signatures and the ledger cover these, not a parsed object. */
  body: Buffer;
}

/**
 * Reads the whole body as bytes, up to `limit`. A body that announces more is refused before it is read; one that
 * lies about its length is cut off at the limit. Compressed bodies are refused: nobody signs those bytes.
 */
export const rawBody =
  ({ limit }: { readonly limit: number }): Middleware<RawBodyState> =>
  async (ctx, next) => {
    const encoding = ctx.get('content-encoding');
    if (encoding && encoding !== 'identity') {
      throw new Fault('body.unreadable', `content encoding ${encoding} is not accepted; send the body as it is`);
    }
    try {
      ctx.state.body = await getRawBody(ctx.req, { limit, length: ctx.req.headers['content-length'] ?? null });
    } catch (cause) {
      const type = (cause as { type?: string }).type;
      if (type === 'entity.too.large') {
        // The rest of the body is not read; the connection cannot be used for another request.
        ctx.set('Connection', 'close');
        throw new Fault('body.too-large', `the body is larger than ${limit} bytes`, { limit }, { cause });
      }
      throw new Fault('body.unreadable', 'the body did not arrive as announced', {}, { cause });
    }
    await next();
  };
