import { toSubmissionXml } from './answers.ts';
import type { FakeForm, ReviewState, Submission, SubmissionVersion } from './form.ts';
import { problems } from './problems.ts';
import { manage, type RestAnswer, type RestRequest, readBody } from './request.ts';
import { listFields } from './xform.ts';

export const formJson = (form: FakeForm, version = form.current()): object => ({
  projectId: form.project,
  xmlFormId: form.xmlFormId,
  state: form.state,
  createdAt: form.createdAt,
  updatedAt: form.published.length > 1 ? form.current().publishedAt : null,
  keyId: form.keyId,
  version: version.version,
  hash: version.hash,
  draftToken: null,
  publishedAt: version.publishedAt,
  name: version.title,
});

const versionJson = (version: SubmissionVersion, current: boolean): object => ({
  submitterId: 5,
  createdAt: version.createdAt,
  instanceName: null,
  instanceId: version.instanceId,
  current,
  deviceId: null,
});

const plainJson = (row: Submission): object => ({
  instanceId: row.id,
  submitterId: 5,
  deviceId: row.deviceId,
  createdAt: row.submissionDate,
  updatedAt: row.updatedAt,
  reviewState: row.reviewState,
  deletedAt: row.deletedAt,
});

const submissionJson = (row: Submission): object => ({
  ...plainJson(row),
  currentVersion: versionJson(row.current[0] as SubmissionVersion, true),
});

const visible = (form: FakeForm, id: string, deleted = false): Submission => {
  const row = form.find(id);
  if (!row || row.hidden || (row.deletedAt !== null) !== deleted) throw problems.notFound();
  // Two current versions: every endpoint of one submission fails, for good.
  if (row.current.length > 1) throw problems.internal();
  return row;
};

const attachments = (form: FakeForm, row: Submission, request: RestRequest): RestAnswer => {
  const [, , , name] = request.path;
  const expected = form.expectedFiles(row);
  if (name === undefined) return { json: expected.map((one) => ({ name: one, exists: row.files.has(one) })) };
  if (request.method === 'GET') {
    const file = row.files.get(name);
    if (!file) throw problems.notFound();
    if (request.redirectFiles)
      return { redirect: { status: 307, path: `/object-storage/${file.md5}?signature=made-up` } };
    return { file: { ...file, etag: `"${file.md5}"`, name } };
  }
  manage(request);
  if (!expected.includes(name)) throw problems.notFound();
  if (request.method === 'DELETE') form.clearFile(row.id, name);
  else form.attach(row.id, name, request.body, request.contentType);
  return { json: { success: true } };
};

const oneSubmission = (form: FakeForm, request: RestRequest): RestAnswer => {
  const [, last = '', what] = request.path;
  const id = last.endsWith('.xml') && what === undefined ? last.slice(0, -4) : last;
  if (request.method === 'POST' && what === 'restore') {
    manage(request);
    form.restore(visible(form, id, true).id);
    return { json: { success: true } };
  }
  const root = form.find(id)
    ? undefined
    : form.submissions.find((one) => one.versions.some((of) => of.instanceId === id));
  if (root && what === undefined) {
    const path = `${request.base}/submissions/${encodeURIComponent(root.id)}/versions/${encodeURIComponent(id)}`;
    return { redirect: { status: 301, path } };
  }
  const row = visible(form, id);
  const current = row.current[0] as SubmissionVersion;
  if (id !== last) return { xml: row.status ? '<data encrypted="yes"/>' : xmlOf(form, current) };
  if (what === 'attachments') return attachments(form, row, request);
  if (what === 'versions') {
    const [, , , wanted] = request.path;
    const found = row.versions.find((version) => version.instanceId === wanted);
    if (found) return { json: versionJson(found, found === current) };
    if (wanted !== undefined) throw problems.notFound();
    return { json: [...row.versions].reverse().map((version) => versionJson(version, version === current)) };
  }
  if (what === 'comments') {
    if (request.method === 'POST') form.comment(id, String(readBody(request)['body']));
    const comments = row.comments.map((comment) => ({ ...comment, actorId: 5 }));
    return { json: request.method === 'POST' ? comments[0] : comments };
  }
  if (what !== undefined) throw problems.notFound();
  switch (request.method) {
    case 'GET':
      return { json: submissionJson(row) };
    case 'PATCH':
      manage(request);
      return { json: plainJson(form.review(id, readBody(request)['reviewState'] as ReviewState)) };
    case 'PUT':
      manage(request);
      return { json: submissionJson(form.editXml(id, request.body.toString('utf8'))) };
    case 'DELETE':
      manage(request);
      form.remove(id);
      return { json: { success: true } };
    default:
      throw problems.notFound();
  }
};

const xmlOf = (form: FakeForm, version: SubmissionVersion): string => {
  const definition = form.published.find((one) => one.version === version.formVersion) ?? form.current();
  return toSubmissionXml(definition, version.answers);
};

const submissions = (form: FakeForm, request: RestRequest): RestAnswer => {
  if (request.path.length > 1) return oneSubmission(form, request);
  if (request.method === 'POST') return { json: submissionJson(form.submitXml(request.body.toString('utf8'))) };
  const deleted = request.query.get('deleted') === 'true';
  const rows = form.submissions.filter((row) => !row.hidden && (row.deletedAt !== null) === deleted).reverse();
  const offset = Number(request.query.get('offset') ?? 0);
  const limit = Number(request.query.get('limit') ?? rows.length);
  return { json: rows.slice(offset, offset + limit).map(submissionJson) };
};

/** What lies under `/v1/projects/{p}/forms/{f}`, apart from OData. */
export const answerRest = (form: FakeForm, request: RestRequest): RestAnswer => {
  const [what, version, part] = request.path;
  const odata = request.query.get('odata') === 'true';
  switch (what) {
    case undefined: {
      const json = formJson(form);
      if (!request.extended) return { json };
      const live = form.submissions.filter((row) => !row.hidden && row.deletedAt === null);
      const counted = (state: ReviewState): number => live.filter((row) => row.reviewState === state).length;
      return {
        json: {
          ...json,
          submissions: live.length,
          entityRelated: form.current().entity !== undefined,
          reviewStates: {
            received: counted(null),
            hasIssues: counted('hasIssues'),
            edited: counted('edited'),
          },
          lastSubmission: live.at(-1)?.submissionDate ?? null,
        },
      };
    }
    case 'fields':
      return { json: listFields(form.current().fields, odata) };
    case 'attachments':
      return { json: [] };
    case 'versions': {
      if (version === undefined) return { json: [...form.published].reverse().map((one) => formJson(form, one)) };
      const name = part === undefined ? version.replace(/\.xml$/, '') : version;
      const found = form.published.find((one) => one.version === name);
      if (!found) throw problems.notFound();
      if (part === 'fields') return { json: listFields(found.fields, odata) };
      return name === version ? { json: formJson(form, found) } : { xml: found.xml };
    }
    case 'submissions':
      return submissions(form, request);
    default:
      throw problems.notFound();
  }
};
