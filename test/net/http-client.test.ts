import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Fault, isFault } from '../../src/core/fault.ts';
import { isAllowedAddress } from '../../src/net/address-guard.ts';
import { checkUrl, createHttpClient, type HttpClient } from '../../src/net/index.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
  return 'answered';
};

describe('address guard', () => {
  for (const [address, open, closed] of [
    ['93.184.216.34', true, true],
    ['2606:2800:220:1:248:1893:25c8:1946', true, true],
    ['127.0.0.1', false, true],
    ['::1', false, true],
    ['::ffff:127.0.0.1', false, true],
    ['10.1.2.3', false, true],
    ['192.168.0.1', false, true],
    ['fd00::1', false, true],
    ['100.64.0.1', false, true],
    ['169.254.169.254', false, false],
    ['::ffff:169.254.169.254', false, false],
    ['fe80::1', false, false],
    ['0.0.0.0', false, false],
    ['::', false, false],
    ['224.0.0.1', false, false],
    ['255.255.255.255', false, false],
    ['64:ff9b::7f00:1', false, false],
    ['2002:7f00:1::', false, false],
    ['not an address', false, false],
  ] as const) {
    it(`${open ? 'allows' : 'refuses'} ${address}${closed && !open ? ', except on closed networks' : ''}`, () => {
      assert.equal(isAllowedAddress(address, 'public'), open);
      assert.equal(isAllowedAddress(address, 'private'), closed);
    });
  }

  for (const url of [
    'http://peer.example.org/',
    'ftp://peer.example.org/',
    'file:///etc/passwd',
    'https://user:secret@peer.example.org/',
    'https://localhost/',
    'https://api.localhost./',
    'https://127.0.0.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://127.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    '//peer.example.org',
    'nonsense',
    '',
    `https://peer.example.org/${'x'.repeat(9000)}`,
  ]) {
    it(`refuses ${url.slice(0, 60)} before anything is sent`, () => {
      assert.throws(
        () => checkUrl(url, 'public'),
        (error) => error instanceof Fault && error.code === 'net.refused',
      );
    });
  }
  it('allows https to a public name', () => {
    assert.equal(checkUrl('https://peer.example.org/dci/on-search?a=b', 'public').search, '?a=b');
  });
});

describe('HTTP client', () => {
  let server: Server;
  let base: string;
  let answer: RequestListener;
  const open = createHttpClient({ allowPrivate: false });
  const client: HttpClient = createHttpClient({ allowPrivate: true });

  before(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await Promise.all([open.close(), client.close()]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends the method, headers and body, and answers status, headers and bytes', async () => {
    answer = (request, response) => {
      const pieces: Buffer[] = [];
      request
        .on('data', (piece) => pieces.push(piece))
        .on('end', () => {
          response.writeHead(201, { 'x-path': request.url, 'x-auth': request.headers.authorization });
          response.end(Buffer.concat([Buffer.from('got '), ...pieces]));
        });
    };
    const { status, headers, body } = await client.request({
      method: 'POST',
      url: `${base}/a%2Fb?q=1`,
      headers: { authorization: 'Bearer t' },
      body: 'päyload',
    });
    assert.deepEqual(
      [status, headers['x-path'], headers['x-auth'], body.toString()],
      [201, '/a%2Fb?q=1', 'Bearer t', 'got päyload'],
    );
  });

  it('does not follow a redirect', async () => {
    let asked = 0;
    answer = (_, response) => {
      asked += 1;
      response.writeHead(302, { location: `${base}/elsewhere` }).end();
    };
    assert.equal((await client.request({ method: 'GET', url: base })).status, 302);
    assert.equal(asked, 1);
  });

  it('refuses a loopback address in every spelling when only public ones are allowed', async () => {
    const { port } = new URL(base);
    for (const host of ['127.0.0.1', 'localhost', '0x7f000001', '2130706433', '[::1]', '[::ffff:127.0.0.1]']) {
      assert.equal(await codeOf(open.request({ method: 'GET', url: `https://${host}:${port}/` })), 'net.refused', host);
    }
  });

  it('cuts an answer off at the size limit, whether it declares its size or not', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 5000 }).end(Buffer.alloc(5000));
    assert.equal(await codeOf(client.request({ method: 'GET', url: base, maxBytes: 4999 })), 'net.upstream');
    assert.equal(await codeOf(client.request({ method: 'GET', url: base, maxBytes: 5000 })), 'answered');
    let stopped: () => void = () => {};
    const closed = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    answer = (_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 1);
      response.on('close', () => {
        clearInterval(timer);
        stopped();
      });
    };
    assert.equal(await codeOf(client.request({ method: 'GET', url: base, maxBytes: 4999 })), 'net.upstream');
    await closed;
  });

  it('hands the body on piece by piece, and drops what its reader does not want', async () => {
    answer = (_, response) => response.writeHead(200).end(Buffer.alloc(300_000, 'x'));
    const sizes = await client.stream({ method: 'GET', url: base, maxBytes: 300_000 }, async ({ body }) => {
      const found: number[] = [];
      for await (const piece of body) found.push(piece.length);
      return found;
    });
    assert.ok(sizes.length > 1, 'came in one piece');
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      300_000,
    );
    assert.equal(await client.stream({ method: 'GET', url: base }, async ({ status }) => status), 200);
    const own = new Error('enough');
    await assert.rejects(
      client.stream({ method: 'GET', url: base }, () => Promise.reject(own)),
      (error) => error === own,
    );
    assert.equal(
      await codeOf(
        client.stream({ method: 'GET', url: base, maxBytes: 1000 }, async ({ body }) => {
          for await (const _ of body);
        }),
      ),
      'net.upstream',
    );
  });

  it('gives up when the whole request takes too long', async () => {
    answer = (_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    };
    assert.equal(await codeOf(client.request({ method: 'GET', url: base, timeoutMs: 100 })), 'net.upstream');
  });

  it('gives up when the answer falls silent for too long', async () => {
    answer = (_, response) => {
      response.writeHead(200).write('begun');
    };
    const since = Date.now();
    const code = await codeOf(client.request({ method: 'GET', url: base, timeoutMs: 15_000, idleTimeoutMs: 300 }));
    assert.equal(code, 'net.upstream');
    assert.ok(Date.now() - since < 5000);
  });

  it('lets the caller stop the request with a reason of its own', async () => {
    answer = () => {};
    const stop = new AbortController();
    const pending = client.request({ method: 'GET', url: base, signal: stop.signal });
    stop.abort(new Error('the server stops'));
    assert.equal(await codeOf(pending), 'Error: the server stops');
  });

  it('says which server failed, without its path', async () => {
    const probe = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    await assert.rejects(client.request({ method: 'GET', url: `http://127.0.0.1:${port}/secret?token=1` }), {
      code: 'net.upstream',
      message: `127.0.0.1:${port} refused the connection`,
    });
  });
});
