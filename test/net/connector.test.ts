import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { isFault } from '../../src/core/fault.ts';
import { guardedConnector } from '../../src/net/connector.ts';

describe('guarded connector', () => {
  let server: Server;
  let port: string;
  let connections = 0;
  before(async () => {
    server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = String((server.address() as AddressInfo).port);
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  const connect = (hostname: string, reach: 'public' | 'private'): Promise<string> =>
    new Promise((resolve) => {
      guardedConnector(reach, 2000)({ hostname, port, protocol: 'http:' }, (error, socket) => {
        socket?.destroy();
        resolve(isFault(error) ? error.code : error ? String(error) : 'connected');
      });
    });

  it('refuses a name that leads to an address out of reach, before connecting', async () => {
    assert.equal(await connect('localhost', 'public'), 'net.refused');
    assert.equal(connections, 0);
  });
  it('refuses a literal address, for which no look-up happens', async () => {
    for (const host of ['127.0.0.1', '[::1]', '::ffff:127.0.0.1'])
      assert.equal(await connect(host, 'public'), 'net.refused');
    assert.equal(connections, 0);
  });
  it('connects where closed networks are allowed', async () => {
    assert.equal(await connect('127.0.0.1', 'private'), 'connected');
    assert.equal(await connect('localhost', 'private'), 'connected');
  });
});
