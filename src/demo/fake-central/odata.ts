import { createHash } from 'node:crypto';
import { toODataAnswers } from './answers.ts';
import type { FakeCentral } from './central.ts';
import { type Filter, parseFilter } from './filter.ts';
import type { FakeForm, Submission, SubmissionVersion } from './form.ts';
import { problems } from './problems.ts';

const known = new Set([
  '$top',
  '$skip',
  '$count',
  '$skiptoken',
  '$filter',
  '$orderby',
  '$expand',
  '$select',
  '$wkt',
  '$format',
  '$search',
]); // prettier-ignore

const orderable: Readonly<Record<string, (row: Submission) => string>> = {
  '__system/submissionDate': (row) => row.submissionDate,
  '__system/updatedAt': (row) => row.updatedAt ?? '',
  '__system/deletedAt': (row) => row.deletedAt ?? '',
  '__system/reviewState': (row) => row.reviewState ?? '',
  __id: (row) => row.id,
};

const readNumber = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw problems.badNumber(name);
  if (value < 0) throw problems.internal();
  return value;
};

const toToken = (id: string): string => `01${Buffer.from(JSON.stringify({ instanceId: id })).toString('base64')}`;

const fromToken = (token: string): string => {
  try {
    if (!token.startsWith('01')) throw problems.badSkiptoken();
    const { instanceId } = JSON.parse(Buffer.from(token.slice(2), 'base64').toString('utf8')) as {
      instanceId?: string;
    };
    if (typeof instanceId !== 'string') throw problems.badSkiptoken();
    return instanceId;
  } catch {
    throw problems.badSkiptoken();
  }
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

export interface ListAnswer {
  readonly etag: string;
  readonly body: string;
  readonly rows: number;
}

/** The list of submissions, with Central's order, options, links and refusals (odk.md §4 and §6). */
export const listSubmissions = (central: FakeCentral, form: FakeForm, query: URLSearchParams): ListAnswer => {
  for (const name of query.keys()) {
    if (!known.has(name)) throw problems.unsupportedFeature(`the query parameter ${name}`);
  }
  const expand = query.get('$expand');
  if (expand !== null && expand !== '*') throw problems.unsupportedExpand(expand);
  const chosen = query.get('$select');
  if (expand !== null && chosen !== null) throw problems.selectWithExpand();
  const orderby = query.get('$orderby');
  const skiptoken = query.get('$skiptoken');
  if (orderby !== null && skiptoken !== null) {
    throw problems.unsupportedFeature('using $orderby and $skiptoken together');
  }
  const top = readNumber(query, '$top');
  const skip = readNumber(query, '$skip') ?? 0;
  const filterText = query.get('$filter');
  const filter: Filter = filterText ? parseFilter(filterText) : { matches: () => true, mentionsDeleted: false };

  const all: Submission[] = [];
  for (let at = form.submissions.length - 1; at >= 0; at -= 1) {
    const row = form.submissions[at] as Submission;
    if (!row.hidden && (filter.mentionsDeleted || row.deletedAt === null) && filter.matches(row)) all.push(row);
  }
  if (orderby) sortRows(all, orderby);

  let start = skip;
  if (skiptoken !== null) {
    const last = form.find(fromToken(skiptoken));
    // An unknown row means "nothing is older": the walk ends early and looks complete.
    start = last
      ? all.findIndex(
          (row) =>
            row.submissionDate < last.submissionDate ||
            (row.submissionDate === last.submissionDate && row.row < last.row),
        )
      : -1;
    if (start < 0) start = all.length;
  }
  const end = top === undefined ? all.length : Math.min(all.length, start + top);
  const page = all.slice(start, end);
  const stamps = page.map((row) => `${row.id}${row.updatedAt}${row.deletedAt}${row.submissionDate}`).join();
  const rows = page.flatMap((row) => row.current.map((version) => toRow(form, row, version, expand === '*')));

  const service = `${central.domain}/v1/projects/${form.project}/forms/${encodeURIComponent(form.xmlFormId)}.svc`;
  const parts = [
    `"value":[${(chosen ? rows.map((row) => select(row, chosen)) : rows).join(',')}]`,
    `"@odata.context":${JSON.stringify(`${service}/$metadata#Submissions`)}`,
  ];
  const lastRow = page.at(-1);
  if (lastRow && end < all.length) {
    const next = new URLSearchParams(query);
    next.delete('$skip');
    next.set('$skiptoken', toToken(lastRow.id));
    const text = [...next].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
    parts.push(`"@odata.nextLink":${JSON.stringify(`${service}/Submissions?${text}`)}`);
  }
  if (query.get('$count') === 'true') parts.push(`"@odata.count":${all.length}`);
  const digest = createHash('md5').update(stamps).digest('hex');
  return { etag: `W/"eventhash:${digest}"`, body: `{${parts.join(',')}}`, rows: rows.length };
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
  const context = `${central.domain}/v1/projects/${form.project}/forms/${encodeURIComponent(form.xmlFormId)}.svc/$metadata#Submissions`;
  return {
    etag: `W/"${createHash('md5').update(text).digest('hex')}"`,
    body: `{"value":[${text}],"@odata.context":${JSON.stringify(context)}}`,
    rows: 1,
  };
};
