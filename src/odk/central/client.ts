import { sleep } from '../../core/async.ts';
import type { Clock } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { HttpClient, HttpResponse } from '../../net/index.ts';
import type { ODataRow } from '../ports.ts';
import { type Credentials, createSession } from './session.ts';

export interface CentralOptions {
  /** Without `/v1`. */
  readonly baseUrl: string;
  readonly project: number;
  readonly form: string;
  readonly credentials: Credentials;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Longest silence between two pieces of an answer. */
  readonly idleTimeoutMs: number;
  /** Pause before the first repeat; tests shorten it. */
  readonly retryBaseMs?: number;
}

/** What Central says of a form (odk.md §3). */
export interface CentralForm {
  readonly version: string;
  readonly hash: string;
  readonly createdAt: string;
  readonly keyId: number | null;
}

export interface Page {
  readonly rows: readonly ODataRow[];
  /** Rows that match the filter, whatever the page; only when asked for. */
  readonly count?: number;
  /** Absent on the last page. */
  readonly skipToken?: string;
  /** Central's time, milliseconds: the `Date` header, whole seconds. */
  readonly serverTime: number;
}

export interface PageQuery {
  readonly filter?: string;
  readonly top: number;
  readonly skipToken?: string;
  readonly count?: boolean;
}

/** One form of one project on an ODK Central server. */
export interface Central {
  /** Throws `odk.form-gone` when there is no such form. */
  form(): Promise<CentralForm>;
  fields(): Promise<unknown>;
  xml(): Promise<string>;
  page(query: PageQuery): Promise<Page>;
}

const MAX_PAGE_BYTES = 256 * 1024 * 1024;
const TRIES = 4;
// A repeat helps with these (odk.md §14); with any other status it does not.
const PASSING = new Set([429, 500, 502, 503, 504]);

/** Talks to Central: one login at a time, repeats where they help, never a token to another origin. */
export const createCentral = (options: CentralOptions): Central => {
  const { project, http, clock, idleTimeoutMs, retryBaseMs = 500 } = options;
  const base = `${options.baseUrl.replace(/\/+$/, '')}/v1`;
  const formUrl = `${base}/projects/${project}/forms/${encodeURIComponent(options.form)}`;
  const session = createSession({ base, http, clock, credentials: options.credentials });

  const once = async (url: string): Promise<HttpResponse> => {
    const ask = async (token: string): Promise<HttpResponse> =>
      await http.request({
        method: 'GET',
        url,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        idleTimeoutMs,
        timeoutMs: 30 * 60_000,
        maxBytes: MAX_PAGE_BYTES,
      });
    const token = await session.token();
    const answer = await ask(token);
    if (answer.status !== 401) return answer;
    // One fresh login and one repeat; a second refusal is the operator's to mend.
    const again = await ask(await session.renewed(token));
    if (again.status === 401) throw new Fault('odk.login-refused', 'ODK Central refuses a session it has just given');
    return again;
  };

  const get = async (url: string): Promise<HttpResponse> => {
    for (let attempt = 1; ; attempt += 1) {
      let problem: Fault;
      let pause = retryBaseMs * 2 ** (attempt - 1) * (0.5 + Math.random());
      try {
        const answer = await once(url);
        if (!PASSING.has(answer.status)) return answer;
        problem = new Fault('net.upstream', `ODK Central answers with status ${answer.status}`);
        const wait = Number(answer.headers['retry-after']);
        if (Number.isFinite(wait) && wait > 0) pause = Math.min(wait * 1000, 60_000);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'net.upstream') throw error;
        problem = error;
      }
      if (attempt >= TRIES) throw problem;
      await sleep(pause);
    }
  };

  const refuse = (answer: HttpResponse, what: string): Fault =>
    answer.status === 403
      ? new Fault('odk.login-refused', `the account may not read ${what}; it needs Project Viewer`)
      : new Fault('net.upstream', `ODK Central answers ${answer.status} for ${what}`);

  const readJson = (answer: HttpResponse, what: string): unknown => {
    try {
      return JSON.parse(answer.body.toString('utf8'));
    } catch (cause) {
      // A stream that broke inside leaves a beginning of JSON behind status 200 (odk.md §14).
      throw new Fault('net.upstream', `ODK Central’s answer for ${what} is not whole`, {}, { cause });
    }
  };

  /** Repeats an answer that arrived broken, as `get` repeats one that did not arrive. */
  const getJson = async (url: string, what: string): Promise<{ value: unknown; answer: HttpResponse }> => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await get(url);
      if (answer.status === 404) throw new Fault('odk.form-gone', 'ODK Central knows no such form, or it was deleted');
      if (answer.status !== 200) throw refuse(answer, what);
      try {
        return { value: readJson(answer, what), answer };
      } catch (error) {
        if (attempt >= TRIES) throw error;
        await sleep(retryBaseMs * attempt);
      }
    }
  };

  return {
    async form() {
      const { value } = await getJson(formUrl, 'the form');
      if (!isObject(value)) throw new Fault('net.upstream', 'ODK Central describes no form');
      if (typeof value['publishedAt'] !== 'string') {
        throw new Fault('odk.form-gone', 'the form was never published; publish it in Central first');
      }
      return {
        version: String(value['version'] ?? ''),
        hash: String(value['hash'] ?? ''),
        createdAt: String(value['createdAt'] ?? ''),
        keyId: typeof value['keyId'] === 'number' ? value['keyId'] : null,
      };
    },
    fields: async () => (await getJson(`${formUrl}/fields?odata=true`, 'the fields')).value,
    async xml() {
      const answer = await get(`${formUrl}.xml`);
      if (answer.status !== 200) throw refuse(answer, 'the form XML');
      return answer.body.toString('utf8');
    },
    async page({ filter, top, skipToken, count }) {
      const query = new URLSearchParams({ $top: String(top), $expand: '*' });
      if (count) query.set('$count', 'true');
      if (filter) query.set('$filter', filter);
      if (skipToken) query.set('$skiptoken', skipToken);
      const { value, answer } = await getJson(`${formUrl}.svc/Submissions?${query}`, 'the submissions');
      if (!isObject(value) || !Array.isArray(value['value']))
        throw new Fault('net.upstream', 'ODK Central lists no rows');
      const next = value['@odata.nextLink'];
      const total = value['@odata.count'];
      // The link names the server's configured domain, which behind a proxy is another one: only its token is taken.
      const token = typeof next === 'string' ? new URL(next).searchParams.get('$skiptoken') : null;
      const date = Date.parse(String(answer.headers['date'] ?? ''));
      return {
        rows: value['value'].filter((row): row is ODataRow => isObject(row) && typeof row['__id'] === 'string'),
        ...(typeof total === 'number' ? { count: total } : {}),
        ...(token === null ? {} : { skipToken: token }),
        serverTime: Number.isNaN(date) ? clock() : date,
      };
    },
  };
};
