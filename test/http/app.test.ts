import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { sleep } from '../../src/core/async.ts';
import { Fault } from '../../src/core/fault.ts';
import { type Logger, silentLogger } from '../../src/core/log.ts';
import { createHttpApp, createMetrics, healthRoutes, type Listening, listen, rawBody } from '../../src/http/index.ts';

describe('the HTTP application', () => {
  let server: Listening;
  let base: string;
  let healthy = true;
  const logged: object[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };

  before(async () => {
    const metrics = createMetrics();
    const ping = async (): Promise<void> => {
      if (!healthy) throw new Error('down');
    };
    const app = createHttpApp({
      log,
      metrics,
      doors: [
        async (ctx, next) => {
          if (ctx.path === '/bug') throw new TypeError('secret detail');
          if (ctx.path === '/fault') throw new Fault('registrant.not-found', 'no such person');
          if (ctx.path !== '/echo') return await next();
          await rawBody({ limit: 10 })(ctx as never, async () => {
            ctx.body = ctx.state['body'];
          });
        },
        healthRoutes({ ping, isStopping: () => false, metrics }),
      ],
    });
    server = await listen(app.callback(), '127.0.0.1', 0);
    base = `http://127.0.0.1:${server.port}`;
  });
  after(() => server.stop(100));

  it('answers live, ready and metrics', async () => {
    assert.equal((await fetch(`${base}/health/live`)).status, 200);
    assert.equal((await fetch(`${base}/health/ready`)).status, 200);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    assert.match(metrics, /crosswalk_http_request_seconds_count/);
  });

  it('waits at its end for what runs, also where nobody waits for the answer any more', async () => {
    let begun = (): void => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let ended = false;
    const other = await listen(
      async () => {
        begun();
        await sleep(100);
        ended = true;
      },
      '127.0.0.1',
      0,
    );
    const caller = connect(other.port, '127.0.0.1');
    caller.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await started;
    caller.destroy();
    await sleep(20);
    await other.stop(5000);
    assert.equal(ended, true);
  });

  it('says 503 at ready while the database does not answer', async () => {
    healthy = false;
    assert.equal((await fetch(`${base}/health/ready`)).status, 503);
    healthy = true;
  });

  it('shows a bug as a trace id only, and logs it whole', async () => {
    const response = await fetch(`${base}/bug`);
    const body = await response.text();
    assert.equal(response.status, 500);
    assert.ok(!body.includes('secret detail'));
    assert.ok(body.includes(response.headers.get('x-request-id') ?? '-'));
    assert.equal(logged.length, 1);
  });

  it('writes a fault as problem details', async () => {
    const response = await fetch(`${base}/fault`);
    assert.equal(response.status, 404);
    assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.equal(((await response.json()) as { title: string }).title, 'registrant.not-found');
  });

  it('echoes a harmless request id and makes its own instead of another', async () => {
    const named = await fetch(`${base}/health/live`, { headers: { 'x-request-id': 'abc-1' } });
    assert.equal(named.headers.get('x-request-id'), 'abc-1');
    const odd = await fetch(`${base}/health/live`, { headers: { 'x-request-id': 'a{b}' } });
    assert.notEqual(odd.headers.get('x-request-id'), 'a{b}');
  });

  it('answers 404 for a path it does not know', async () => {
    assert.equal((await fetch(`${base}/nothing`)).status, 404);
  });

  it('refuses a body over the limit with 413, announced or not', async () => {
    assert.equal((await fetch(`${base}/echo`, { method: 'POST', body: 'x'.repeat(11) })).status, 413);
    const chunked = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(
          'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n12345678901234567890\r\n0\r\n\r\n',
        );
      });
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    assert.match(chunked, /^HTTP\/1\.1 413/);
  });

  it('refuses compressed bodies', async () => {
    const response = await fetch(`${base}/echo`, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: 'x',
    });
    assert.equal(response.status, 400);
  });
});
