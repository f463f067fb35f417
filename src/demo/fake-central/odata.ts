import { createHash } from 'node:crypto';
import { toODataAnswers } from './answers.ts';
import type { FakeCentral } from './central.ts';
import { type Filter, parseFilter, submissionFields } from './filter.ts';
import type { FakeForm, Submission, SubmissionVersion } from './form.ts';
import { answerList, type ListAnswer, refuseUnknown } from './paging.ts';
import { problems } from './problems.ts';
import type { FormField } from './xform.ts';

const orderable: Readonly<Record<string, (row: Submission) => string>> = {
  '__system/submissionDate': (row) => row.submissionDate,
  '__system/updatedAt': (row) => row.updatedAt ?? '',
  '__system/deletedAt': (row) => row.deletedAt ?? '',
  '__system/reviewState': (row) => row.reviewState ?? '',
  __id: (row) => row.id,
};

const systemOf = (form: FakeForm, row: Submission): object => {
  const expected = row.status === 'notDecrypted' ? [] : form.expectedFiles(row);
  return {
    submissionDate: row.submissionDate,
    updatedAt: row.updatedAt,
    submitterId: row.submitterId,
    submitterName: 'enumerator 1',
    attachmentsPresent: expected.filter((name) => row.files.has(name)).length,
    attachmentsExpected: expected.length,
    status: row.status,
    reviewState: row.reviewState,
    deviceId: row.deviceId,
    edits: row.edits,
    formVersion: row.formVersion,
    deletedAt: row.deletedAt,
  };
};

/** One row as JSON text. The answers are rendered once per form version, the stamps each time. */
const toRow = (form: FakeForm, row: Submission, version: SubmissionVersion, expand: boolean): string => {
  const tail = `"__id":${JSON.stringify(row.id)},"__system":${JSON.stringify(systemOf(form, row))}}`;
  if (row.status !== null) return `{${tail}`;
  const key = `${form.current().version}|${expand}`;
  let answers = version.rendered.get(key);
  if (answers === undefined) {
    answers = JSON.stringify(toODataAnswers(form.current().fields, version.answers, row.id, expand));
    version.rendered.set(key, answers);
  }
  return answers === '{}' ? `{${tail}` : `${answers.slice(0, -1)},${tail}`;
};

const select = (text: string, names: string): string => {
  const row = JSON.parse(text) as Record<string, unknown>;
  const chosen: Record<string, unknown> = {};
  for (const name of names.split(',')) {
    const path = name.trim().split('/');
    let from: unknown = row;
    for (const step of path) {
      if (typeof from !== 'object' || from === null || !Object.hasOwn(from, step)) {
        throw problems.unknownProperty(name.trim());
      }
      from = (from as Record<string, unknown>)[step];
    }
    let into = chosen;
    for (const step of path.slice(0, -1)) {
      into[step] ??= {};
      into = into[step] as Record<string, unknown>;
    }
    into[path.at(-1) as string] = from;
  }
  return JSON.stringify(chosen);
};

/** The list of submissions, with Central's order, options, links and refusals (odk.md §4 and §6). */
export const listSubmissions = (central: FakeCentral, form: FakeForm, query: URLSearchParams): ListAnswer => {
  refuseUnknown(query);
  const expand = query.get('$expand');
  if (expand !== null && expand !== '*') throw problems.unsupportedExpand(expand);
  const chosen = query.get('$select');
  if (expand !== null && chosen !== null) throw problems.selectWithExpand();
  const orderby = query.get('$orderby');
  if (orderby !== null && query.has('$skiptoken')) {
    throw problems.unsupportedFeature('using $orderby and $skiptoken together');
  }
  const filterText = query.get('$filter');
  const filter: Filter<Submission> = filterText
    ? parseFilter(filterText, submissionFields)
    : { matches: () => true, mentionsDeleted: false };

  const all: Submission[] = [];
  for (let at = form.submissions.length - 1; at >= 0; at -= 1) {
    const row = form.submissions[at] as Submission;
    if (!row.hidden && (filter.mentionsDeleted || row.deletedAt === null) && filter.matches(row)) all.push(row);
  }
  if (orderby) sortRows(all, orderby);

  return answerList({
    query,
    all,
    key: 'instanceId',
    idOf: (row) => row.id,
    find: form.find,
    isAfter: (row, token) =>
      row.submissionDate < token.submissionDate || (row.submissionDate === token.submissionDate && row.row < token.row),
    stampOf: (row) => `${row.id}${row.updatedAt}${row.deletedAt}${row.submissionDate}`,
    show: (row) => {
      const texts = row.current.map((version) => toRow(form, row, version, expand === '*'));
      return chosen ? texts.map((text) => select(text, chosen)) : texts;
    },
    bySkip: central.pagesBySkip,
    service: serviceOf(central, form),
    entitySet: 'Submissions',
  });
};

const serviceOf = (central: FakeCentral, form: FakeForm): string =>
  `${central.domain}/v1/projects/${form.project}/forms/${encodeURIComponent(form.xmlFormId)}.svc`;

/** The service document: the feed, and a table for each repeat. */
export const serviceDocument = (central: FakeCentral, form: FakeForm): object => {
  const repeats = (fields: readonly FormField[]): string[] =>
    fields.flatMap((field) => [
      ...(field.type === 'repeat' ? [`Submissions.${field.odataPath.join('.')}`] : []),
      ...repeats(field.children),
    ]);
  return {
    '@odata.context': `${serviceOf(central, form)}/$metadata`,
    value: ['Submissions', ...repeats(form.current().fields)].map((name) => ({ name, kind: 'EntitySet', url: name })),
  };
};

const sortRows = (rows: Submission[], orderby: string): void => {
  const keys = orderby.split(',').map((part) => {
    const [name = '', direction = 'asc'] = part.trim().split(/\s+/);
    const read = Object.hasOwn(orderable, name) ? orderable[name] : undefined;
    if (!read) throw problems.unsupportedField(name, 0);
    return { read, sign: direction === 'desc' ? -1 : 1 };
  });
  rows.sort((a, b) => {
    for (const { read, sign } of keys) {
      const left = read(a);
      const right = read(b);
      if (left !== right) return left < right ? -sign : sign;
    }
    return a.row - b.row;
  });
};

/** `Submissions('id')`: 404 also for every id that is not `(uuid:)?[A-Za-z0-9-]+`, although the row exists. */
export const oneSubmission = (central: FakeCentral, form: FakeForm, id: string, query: URLSearchParams): ListAnswer => {
  const row = /^(uuid:)?[A-Za-z0-9-]+$/.test(id) ? form.find(id) : undefined;
  if (!row || row.hidden || row.deletedAt !== null) throw problems.notFound();
  if (row.current.length > 1) throw problems.internal();
  const text = toRow(form, row, row.current[0] as SubmissionVersion, query.get('$expand') === '*');
  const context = `${serviceOf(central, form)}/$metadata#Submissions`;
  return {
    etag: `W/"${createHash('md5').update(text).digest('hex')}"`,
    body: `{"value":[${text}],"@odata.context":${JSON.stringify(context)}}`,
    rows: 1,
    matched: 1,
  };
};
