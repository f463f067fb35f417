import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '../../core/async.ts';
import type { FakeCentral } from './central.ts';
import { Problem, problems } from './problems.ts';
import { answer } from './route.ts';

export interface ServedCentral {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** Serves the fake Central on a loopback port of its own. */
export const serveFakeCentral = async (central: FakeCentral, port = 0): Promise<ServedCentral> => {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const target = request.url ?? '/';
    response.sendDate = false;
    response.setHeader('date', new Date(central.clock()).toUTCString());
    const send = (
      status: number,
      body: Buffer | string,
      type = 'application/json; charset=utf-8',
      early?: { readonly bytes: number; readonly cut: boolean },
    ): void => {
      central.record(method, target, status);
      response.writeHead(status, { 'content-type': type });
      if (!early) response.end(body);
      else {
        response.write(Buffer.from(body as string).subarray(0, early.bytes), () => {
          if (early.cut) response.destroy();
        });
      }
    };
    let stop: { readonly bytes: number; readonly cut: boolean } | undefined;
    try {
      for (const met of central.meet(method, target)) {
        if ('run' in met) met.run();
        else if ('stallAfter' in met) stop = { bytes: met.stallAfter, cut: false };
        else if ('cutAfter' in met) stop = { bytes: met.cutAfter, cut: true };
        else {
          if (met.retryAfter) response.setHeader('retry-after', met.retryAfter);
          return send(met.status, JSON.stringify(met.body ?? { message: 'trouble' }));
        }
      }
      const given = answer(central, {
        method,
        url: new URL(target, 'http://fake.test'),
        headers: request.headers,
        body: await readAll(request),
      });
      if (given.redirect) {
        response.setHeader('location', `http://${request.headers.host}${given.redirect.path}`);
        return send(given.redirect.status, '');
      }
      if (given.xml !== undefined) return send(200, given.xml, 'application/xml; charset=utf-8');
      if (given.file) {
        const { bytes, contentType, etag, name } = given.file;
        response.setHeader('etag', etag);
        const quoted = name.replace(/[^ -~]|["\\]/g, '_');
        response.setHeader(
          'content-disposition',
          `inline; filename="${quoted}"; filename*=UTF-8''${encodeURIComponent(name)}`,
        );
        if (request.headers['if-none-match'] !== etag) return send(200, bytes, contentType, stop);
        central.record(method, target, 304);
        response.writeHead(304).end();
        return;
      }
      if (!given.list) return send(200, JSON.stringify(given.json));
      const { list } = given;
      const { perRequest, perRow, perMatch = 0 } = central.pace;
      const isSame = request.headers['if-none-match'] === list.etag;
      // A conditional answer is known from the stamps alone: no row is made.
      const pause = perRequest + perMatch * list.matched + (isSame ? 0 : perRow * list.rows);
      if (pause > 0) await sleep(pause);
      response.setHeader('etag', list.etag);
      response.setHeader('odata-version', '4.0');
      if (isSame) {
        central.record(method, target, 304);
        response.writeHead(304).end();
        return;
      }
      send(200, list.body, undefined, stop);
    } catch (error) {
      if (error instanceof Problem) return send(error.status, JSON.stringify(error.body));
      send(500, JSON.stringify(problems.internal().body));
    }
  };
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
