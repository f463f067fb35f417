import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeCentral } from './central.ts';
import { type ListAnswer, listSubmissions, oneSubmission } from './odata.ts';
import { Problem, problems } from './problems.ts';
import { answerRest, formJson, type RestAnswer } from './rest.ts';

export interface ServedCentral {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

interface Answer extends RestAnswer {
  readonly list?: ListAnswer;
}

const logIn = (central: FakeCentral, body: Buffer): Answer => {
  const { email, password } = JSON.parse(body.toString('utf8')) as { email: string; password: string };
  const session = central.login(email, password);
  if (!session) throw problems.unauthenticated();
  const { token, expiresAt } = session;
  const createdAt = new Date(central.clock()).toISOString();
  return { json: { token, csrf: '1'.repeat(64), expiresAt: new Date(expiresAt).toISOString(), createdAt } };
};

const answer = async (central: FakeCentral, request: IncomingMessage, url: URL): Promise<Answer> => {
  const [version, ...path] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const method = request.method ?? 'GET';
  const body = await readAll(request);
  if (version !== 'v1') throw problems.notFound();
  if (method === 'POST' && path.join('/') === 'sessions') return logIn(central, body);

  const authorization = request.headers.authorization ?? '';
  const token = authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
  const role = central.roleOf(token);
  if (!role) throw problems.unauthenticated();
  if (method === 'DELETE' && path.join('/') === 'sessions/current') {
    central.logout(token);
    return { json: { success: true } };
  }
  if (path.join('/') === 'users/current') {
    return { json: { id: 5, type: 'user', displayName: central.sessions.get(token)?.email } };
  }
  const [projects, projectId, forms, xmlFormId = '', ...rest] = path;
  if (projects !== 'projects') throw problems.notFound();
  const ofProject = central.forms.filter((form) => form.project === Number(projectId));
  if (projectId === undefined) {
    return {
      json: [...new Set(central.forms.map((form) => form.project))].map((id) => ({ id, name: `Project ${id}` })),
    };
  }
  if (ofProject.length === 0) throw problems.notFound();
  if (forms === undefined) {
    return { json: { id: Number(projectId), name: `Project ${projectId}`, keyId: ofProject[0]?.keyId ?? null } };
  }
  if (xmlFormId === '') return { json: ofProject.map((form) => formJson(form)) };

  const exact = ofProject.find((form) => form.xmlFormId === xmlFormId);
  if (exact) {
    const extended = request.headers['x-extended-metadata'] === 'true';
    return answerRest(exact, {
      method,
      path: rest,
      query: url.searchParams,
      extended,
      role,
      body,
      contentType: request.headers['content-type'],
    });
  }
  const named = /^(.*)\.(xml|svc)$/.exec(xmlFormId);
  const form = ofProject.find((one) => one.xmlFormId === named?.[1]);
  if (!form) throw problems.notFound();
  if (named?.[2] === 'xml') return { xml: form.current().xml };
  const [entitySet = ''] = rest;
  const accept = request.headers.accept;
  if (accept && !/json|\*\/\*/.test(accept)) throw problems.notAcceptable(accept);
  if (entitySet === 'Submissions') return { list: listSubmissions(central, form, url.searchParams) };
  const one = /^Submissions\('(.*)'\)$/.exec(entitySet);
  if (one && rest.length === 1) return { list: oneSubmission(central, form, one[1] ?? '', url.searchParams) };
  throw problems.notFound();
};

/** Serves the fake Central on a loopback port of its own. */
export const serveFakeCentral = async (central: FakeCentral, port = 0): Promise<ServedCentral> => {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const target = request.url ?? '/';
    response.sendDate = false;
    response.setHeader('date', new Date(central.clock()).toUTCString());
    const send = (status: number, body: Buffer | string, type = 'application/json; charset=utf-8'): void => {
      central.record(method, target, status);
      response.writeHead(status, { 'content-type': type }).end(body);
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
      const given = await answer(central, request, new URL(target, 'http://fake.test'));
      if (given.xml !== undefined) return send(200, given.xml, 'application/xml; charset=utf-8');
      if (given.file) {
        response.setHeader('etag', given.file.etag);
        return send(200, given.file.bytes, given.file.contentType);
      }
      if (!given.list) return send(200, JSON.stringify(given.json));
      const { list } = given;
      const { perRequest, perRow } = central.pace;
      const pause = perRequest + perRow * list.rows;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      response.setHeader('etag', list.etag);
      response.setHeader('odata-version', '4.0');
      if (request.headers['if-none-match'] === list.etag) {
        central.record(method, target, 304);
        response.writeHead(304).end();
        return;
      }
      if (!stop) return send(200, list.body);
      central.record(method, target, 200);
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.write(Buffer.from(list.body).subarray(0, stop.bytes), () => {
        if (stop?.cut) response.destroy();
      });
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
