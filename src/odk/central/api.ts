import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { HttpStream } from '../../net/index.ts';
import { type FieldRow, readFieldRows } from '../mapping/form.ts';
import { isCentralError } from './answer.ts';
import { type CentralClient, type CentralJson, part } from './client.ts';

/** A row of the feed as Central sent it. */
export type ODataRow = Readonly<Record<string, unknown>>;

export interface FormInfo {
  readonly version: string;
  readonly hash: string;
  readonly keyId: number | null;
  /** Tells a form from an earlier one of the same name that was deleted (odk.md §15.7). */
  readonly createdAt: string;
}

/** Where a walk goes on: taken out of a nextLink, whose host is not to be trusted. */
export interface PageCursor {
  readonly name: '$skiptoken' | '$skip';
  readonly value: string;
}

export interface Page {
  readonly rows: readonly ODataRow[];
  readonly next: PageCursor | undefined;
  /** Rows that match, when it was asked for. */
  readonly count: number | undefined;
  /** The server's time when it answered, in milliseconds. */
  readonly serverTime: number | undefined;
  readonly etag: string | undefined;
  /** What was asked for is as it was when the given ETag was made; there are no rows. */
  readonly notModified: boolean;
}

export interface PageRequest {
  readonly filter: string | undefined;
  readonly pageSize: number;
  readonly cursor?: PageCursor | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export interface AttachmentInfo {
  readonly name: string;
  readonly exists: boolean;
}

export interface IncomingFile {
  readonly etag: string | undefined;
  /** What the device said it is. */
  readonly contentType: string | undefined;
  readonly body: AsyncIterable<Buffer>;
}

export interface RestSubmission {
  readonly instanceId: string;
  readonly createdAt: string;
  readonly reviewState: string | null;
  readonly updatedAt: string | null;
  readonly deletedAt: string | null;
  readonly versionId: string | undefined;
}

/** What one form of one Central answers, typed. */
export interface CentralForm {
  /** `undefined`: there is no such form (any more). */
  info(): Promise<FormInfo | undefined>;
  /** Names of all published versions. */
  versions(): Promise<readonly string[]>;
  fields(version?: string): Promise<FieldRow[]>;
  xml(version?: string): Promise<string>;
  page(request: PageRequest): Promise<Page>;
  /**
   * Rows by id, at most 40 at once; deleted ones too, unless the server cannot tell (`deleted`). An id with a quote
   * cannot be written inside a filter and is not found this way.
   */
  byIds(ids: readonly string[], deleted?: boolean): Promise<readonly ODataRow[]>;
  /** Rows that arrived at this very moment: the way to ids that no filter can spell. */
  byArrival(submissionDate: string, deleted: boolean): Promise<readonly ODataRow[]>;
  submissionXml(id: string): Promise<string>;
  attachments(id: string): Promise<readonly AttachmentInfo[]>;
  /**
   * Fetches a file as a stream; `etag` is the one of last time. An answer from object storage behind Central brings
   * no ETag.
   */
  attachment<T>(
    id: string,
    name: string,
    etag: string | undefined,
    read: (file: IncomingFile) => Promise<T>,
  ): Promise<T | 'absent' | 'same'>;
  list(limit: number, offset: number): Promise<readonly RestSubmission[]>;
  submission(id: string): Promise<RestSubmission>;
  review(id: string, state: string | null): Promise<RestSubmission>;
  /** The texts, newest first. */
  comments(id: string): Promise<readonly string[]>;
  comment(id: string, body: string): Promise<void>;
  close(): Promise<void>;
}

const unexpected = (what: string): Fault =>
  new Fault('net.upstream', `ODK Central answered ${what} in an unknown form`);

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const toRest = (value: unknown): RestSubmission => {
  if (!isObject(value) || typeof value['instanceId'] !== 'string') throw unexpected('a submission');
  const current = value['currentVersion'];
  return {
    instanceId: value['instanceId'],
    createdAt: textOrNull(value['createdAt']) ?? '',
    reviewState: textOrNull(value['reviewState']),
    updatedAt: textOrNull(value['updatedAt']),
    deletedAt: textOrNull(value['deletedAt']),
    versionId: isObject(current) && typeof current['instanceId'] === 'string' ? current['instanceId'] : undefined,
  };
};

/** Takes the position out of a nextLink; its origin is the server's belief about itself and is not followed. */
export const toCursor = (link: unknown): PageCursor | undefined => {
  if (typeof link !== 'string') return undefined;
  const query = new URL(link, 'http://central.invalid').searchParams;
  for (const name of ['$skiptoken', '$skip'] as const) {
    const value = query.get(name);
    if (value !== null) return { name, value };
  }
  throw unexpected('with a nextLink that leads nowhere');
};

const orDeleted = (filter: string, deleted: boolean): string =>
  deleted ? `(${filter}) and (__system/deletedAt eq null or __system/deletedAt ne null)` : filter;

export const createCentralForm = (client: CentralClient, project: number, xmlFormId: string): CentralForm => {
  const form = `/projects/${project}/forms/${part(xmlFormId)}`;
  const submission = (id: string): string => `${form}/submissions/${part(id)}`;

  const readPage = ({ status, body, headers }: CentralJson): Page => {
    const { date, etag } = headers;
    const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    const head = {
      serverTime: Number.isNaN(time) ? undefined : time,
      etag: typeof etag === 'string' ? etag : undefined,
    };
    if (status === 304) return { ...head, rows: [], next: undefined, count: undefined, notModified: true };
    if (!isObject(body) || !Array.isArray(body['value']) || !body['value'].every(isObject)) throw unexpected('a page');
    const count = body['@odata.count'];
    return {
      ...head,
      rows: body['value'] as readonly ODataRow[],
      next: toCursor(body['@odata.nextLink']),
      count: typeof count === 'number' ? count : undefined,
      notModified: false,
    };
  };

  const filtered = async (filter: string): Promise<readonly ODataRow[]> =>
    readPage(await client.json({ path: `${form}.svc/Submissions`, query: { $expand: '*', $filter: filter } })).rows;

  return {
    async info() {
      try {
        const { body } = await client.json({ path: form });
        if (!isObject(body) || typeof body['createdAt'] !== 'string' || typeof body['hash'] !== 'string') {
          throw unexpected('a form');
        }
        return {
          version: String(body['version'] ?? ''),
          hash: body['hash'],
          keyId: typeof body['keyId'] === 'number' ? body['keyId'] : null,
          createdAt: body['createdAt'],
        };
      } catch (error) {
        if (isCentralError(error, 404)) return undefined;
        throw error;
      }
    },
    async versions() {
      const { body } = await client.json({ path: `${form}/versions` });
      if (!Array.isArray(body)) throw unexpected('the list of versions');
      return body.flatMap((one: unknown) => (isObject(one) ? [String(one['version'] ?? '')] : []));
    },
    async fields(version) {
      const path = version === undefined ? `${form}/fields` : `${form}/versions/${part(version)}/fields`;
      const { body } = await client.json({ path, query: { odata: 'true' } });
      return readFieldRows(body);
    },
    async xml(version) {
      const path = version === undefined ? `${form}.xml` : `${form}/versions/${part(version)}.xml`;
      return (await client.send({ path })).body.toString('utf8');
    },
    async page({ filter, pageSize, cursor, ifNoneMatch }) {
      const answer = await client.json({
        path: `${form}.svc/Submissions`,
        query: {
          $top: String(pageSize),
          $expand: '*',
          ...(cursor ? { [cursor.name]: cursor.value } : {}),
          // Counting costs the server a second query, and the first page's count is what the walk is held against. By
          // `$skip` rows slip away unseen when others are deleted: only a count that stays the same says they did not.
          ...(cursor?.name === '$skiptoken' ? {} : { $count: 'true' }),
          ...(filter === undefined ? {} : { $filter: filter }),
        },
        ...(ifNoneMatch === undefined ? {} : { headers: { 'if-none-match': ifNoneMatch } }),
      });
      return readPage(answer);
    },
    async byIds(ids, deleted = true) {
      const tests = ids.filter((id) => !id.includes("'")).map((id) => `__id eq '${id}'`);
      return tests.length === 0 ? [] : await filtered(orDeleted(tests.join(' or '), deleted));
    },
    byArrival(submissionDate, deleted) {
      // Servers before v2023.1 keep microseconds and show milliseconds.
      const next = new Date(Date.parse(submissionDate) + 1).toISOString();
      const stamp = '__system/submissionDate';
      return filtered(orDeleted(`${stamp} ge ${submissionDate} and ${stamp} lt ${next}`, deleted));
    },
    async submissionXml(id) {
      return (await client.send({ path: `${submission(id)}.xml`, attempts: 2 })).body.toString('utf8');
    },
    async attachments(id) {
      const { body } = await client.json({ path: `${submission(id)}/attachments`, attempts: 2 });
      if (!Array.isArray(body)) throw unexpected('a list of files');
      return body.flatMap((one: unknown) =>
        isObject(one) && typeof one['name'] === 'string' ? [{ name: one['name'], exists: one['exists'] === true }] : [],
      );
    },
    async attachment(id, name, etag, read) {
      const toFile = ({ headers, body }: HttpStream): IncomingFile => ({
        etag: textOrNull(headers.etag) ?? undefined,
        contentType: headers['content-type'],
        body,
      });
      try {
        const found = await client.stream(
          {
            path: `${submission(id)}/attachments/${part(name)}`,
            ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
            maxBytes: Number.POSITIVE_INFINITY,
            attempts: 2,
          },
          async (response) => {
            if (response.status === 304) return 'same' as const;
            if (response.status === 307) return { elsewhere: response.headers.location ?? '' };
            return { result: await read(toFile(response)) };
          },
        );
        if (found === 'same') return found;
        if ('result' in found) return found.result;
        return await client.streamPlain(found.elsewhere, (response) => read({ ...toFile(response), etag: undefined }));
      } catch (error) {
        if (isCentralError(error, 404)) return 'absent';
        throw error;
      }
    },
    async list(limit, offset) {
      const query = { limit: String(limit), offset: String(offset) };
      const { body } = await client.json({ path: `${form}/submissions`, query });
      if (!Array.isArray(body)) throw unexpected('the list of submissions');
      return body.map(toRest);
    },
    submission: async (id) => toRest((await client.json({ path: submission(id), attempts: 2 })).body),
    review: async (id, state) =>
      toRest((await client.json({ method: 'PATCH', path: submission(id), json: { reviewState: state } })).body),
    async comments(id) {
      const { body } = await client.json({ path: `${submission(id)}/comments`, attempts: 2 });
      if (!Array.isArray(body)) throw unexpected('the comments');
      return body.flatMap((one: unknown) => (isObject(one) && typeof one['body'] === 'string' ? [one['body']] : []));
    },
    async comment(id, body) {
      await client.json({ method: 'POST', path: `${submission(id)}/comments`, json: { body } });
    },
    close: () => client.close(),
  };
};
