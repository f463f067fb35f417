import type { IncomingHttpHeaders } from 'node:http';
import type { FakeCentral, Role } from './central.ts';
import { answerDataset, datasetJson, listEntities } from './entities.ts';
import { listSubmissions, oneSubmission, serviceDocument } from './odata.ts';
import type { ListAnswer } from './paging.ts';
import { problems } from './problems.ts';
import { manage, type RestAnswer, type RestRequest, readBody } from './request.ts';
import { answerRest, formJson } from './rest.ts';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer extends RestAnswer {
  readonly list?: ListAnswer;
}

const logIn = (central: FakeCentral, body: Buffer): Answer => {
  // A server with OpenID Connect has no such route.
  if (central.openIdConnect) throw problems.notFound();
  const { email, password } = JSON.parse(body.toString('utf8')) as { email: string; password: string };
  const session = central.login(email, password);
  if (!session) throw problems.unauthenticated();
  const { token, expiresAt } = session;
  const createdAt = new Date(central.clock()).toISOString();
  return { json: { token, csrf: '1'.repeat(64), expiresAt: new Date(expiresAt).toISOString(), createdAt } };
};

const tokenOf = ({ headers }: FakeRequest): string => {
  const authorization = headers.authorization ?? '';
  if (authorization.startsWith('Basic ') && headers['x-forwarded-proto'] !== 'https') throw problems.basicOverHttp();
  return authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
};

/** Stands for the object storage behind Central: a signed address, and an error for whoever sends a token as well. */
const storedFile = (central: FakeCentral, request: FakeRequest, md5: string): Answer => {
  if (request.headers.authorization !== undefined) throw problems.twoAuthentications();
  const rows = central.forms.flatMap((form) => form.submissions);
  const file = rows.flatMap((row) => [...row.files.values()]).find((one) => one.md5 === md5);
  if (!file) throw problems.notFound();
  // What storage says of a file is not Central's ETag.
  return { file: { ...file, etag: '"storage"', name: 'blob' } };
};

const toRest = (
  central: FakeCentral,
  request: FakeRequest,
  role: Role,
  path: string[],
  depth: number,
): RestRequest => ({
  method: request.method,
  path: path.slice(depth),
  base: request.url.pathname
    .split('/')
    .slice(0, depth + 2)
    .join('/'),
  query: request.url.searchParams,
  extended: request.headers['x-extended-metadata'] === 'true',
  role,
  body: request.body,
  contentType: request.headers['content-type'],
  redirectFiles: central.redirectFiles,
});

const answerDatasets = (central: FakeCentral, project: number, rest: RestRequest, name: string): Answer => {
  if (name === '') {
    if (rest.method !== 'POST') {
      return { json: central.datasets.filter((one) => one.project === project).map(datasetJson) };
    }
    manage(rest);
    return { json: datasetJson(central.createDataset(String(readBody(rest)['name']), project)) };
  }
  const dataset = central.dataset(name, project);
  if (dataset) return answerDataset(dataset, rest);
  const served = central.dataset(name.replace(/\.svc$/, ''), project);
  if (!served || rest.path[0] !== 'Entities') throw problems.notFound();
  return { list: listEntities(central.domain, served, rest.query) };
};

const answerForms = (
  central: FakeCentral,
  project: number,
  rest: RestRequest,
  name: string,
  accept: string | undefined,
): Answer => {
  const ofProject = central.forms.filter((form) => form.project === project);
  if (name === '') return { json: ofProject.map((form) => formJson(form)) };
  const exact = ofProject.find((form) => form.xmlFormId === name);
  if (exact) return answerRest(exact, rest);
  const named = /^(.*)\.(xml|svc)$/.exec(name);
  const form = ofProject.find((one) => one.xmlFormId === named?.[1]);
  if (!form) throw problems.notFound();
  if (named?.[2] === 'xml') return { xml: form.current().xml };
  if (accept && !/json|\*\/\*/.test(accept)) throw problems.notAcceptable(accept);
  const [entitySet = ''] = rest.path;
  if (entitySet === '') return { json: serviceDocument(central, form) };
  if (entitySet === 'Submissions') return { list: listSubmissions(central, form, rest.query) };
  const one = /^Submissions\('(.*)'\)$/.exec(entitySet);
  if (one && rest.path.length === 1) return { list: oneSubmission(central, form, one[1] ?? '', rest.query) };
  throw problems.notFound();
};

/** Answers one request to the fake Central, or throws the `Problem` that Central would answer. */
export const answer = (central: FakeCentral, request: FakeRequest): Answer => {
  const { method, url } = request;
  const [version, ...path] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (version === 'object-storage') return storedFile(central, request, path[0] ?? '');
  if (version !== 'v1') throw problems.notFound();
  if (method === 'POST' && path.join('/') === 'sessions') return logIn(central, request.body);

  const token = tokenOf(request);
  const role = central.roleOf(token);
  if (!role) throw problems.unauthenticated();
  if (method === 'DELETE' && path.join('/') === 'sessions/current') {
    central.logout(token);
    return { json: { success: true } };
  }
  if (path.join('/') === 'users/current') {
    return { json: { id: 5, type: 'user', displayName: central.sessions.get(token)?.email } };
  }
  const [projects, projectId, what, name = ''] = path;
  if (projects !== 'projects') throw problems.notFound();
  const places = [...central.forms, ...central.datasets].map((one) => one.project);
  if (projectId === undefined) return { json: [...new Set(places)].map((id) => ({ id, name: `Project ${id}` })) };
  const project = Number(projectId);
  if (!places.includes(project) && what !== 'datasets') throw problems.notFound();
  const rest = toRest(central, request, role, path, 4);
  switch (what) {
    case undefined: {
      const keyId = central.forms.find((form) => form.project === project)?.keyId ?? null;
      return { json: { id: project, name: `Project ${project}`, keyId } };
    }
    case 'forms':
      return answerForms(central, project, rest, name, request.headers.accept);
    case 'datasets':
      return answerDatasets(central, project, rest, name);
    default:
      throw problems.notFound();
  }
};
