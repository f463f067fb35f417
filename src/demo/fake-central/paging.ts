import { createHash } from 'node:crypto';
import { problems } from './problems.ts';

// What a list may be asked with; anything else is refused by name.
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

export const refuseUnknown = (query: URLSearchParams): void => {
  for (const name of query.keys()) {
    if (!known.has(name)) throw problems.unsupportedFeature(`the query parameter ${name}`);
  }
};

export const readNumber = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw problems.badNumber(name);
  if (value < 0) throw problems.internal();
  return value;
};

/** What a token is made of: the key of the last row of a page, under the name that this list gives it. */
type TokenKey = 'instanceId' | 'uuid';

const toToken = (key: TokenKey, id: string): string =>
  `01${Buffer.from(JSON.stringify({ [key]: id })).toString('base64')}`;

const fromToken = (key: TokenKey, token: string): string => {
  try {
    if (!token.startsWith('01')) throw problems.badSkiptoken();
    const read = JSON.parse(Buffer.from(token.slice(2), 'base64').toString('utf8')) as Record<string, unknown>;
    const id = read[key];
    if (typeof id !== 'string') throw problems.badSkiptoken();
    return id;
  } catch {
    throw problems.badSkiptoken();
  }
};

export interface ListAnswer {
  readonly etag: string;
  readonly body: string;
  /** Rows sent, and rows that matched: what an answer costs depends on both. */
  readonly rows: number;
  readonly matched: number;
}

/** A list as Central pages it: rows in order, `older` says whether a row comes after the one of a token. */
export interface Listed<Row> {
  readonly query: URLSearchParams;
  readonly all: readonly Row[];
  readonly key: TokenKey;
  readonly idOf: (row: Row) => string;
  readonly find: (id: string) => Row | undefined;
  readonly isAfter: (row: Row, token: Row) => boolean;
  readonly stampOf: (row: Row) => string;
  /** JSON texts of a row: an anomaly has two. */
  readonly show: (row: Row) => readonly string[];
  /** Links to the next page by number instead of by token. */
  readonly bySkip?: boolean;
  readonly service: string;
  readonly entitySet: string;
}

export const answerList = <Row>(listed: Listed<Row>): ListAnswer => {
  const { query, all, service, entitySet } = listed;
  const top = readNumber(query, '$top');
  const skiptoken = query.get('$skiptoken');
  let start = readNumber(query, '$skip') ?? 0;
  if (skiptoken !== null) {
    const token = listed.find(fromToken(listed.key, skiptoken));
    // An unknown row means "nothing is older": the walk ends early and looks complete.
    start = token ? all.findIndex((row) => listed.isAfter(row, token)) : -1;
    if (start < 0) start = all.length;
  }
  const end = top === undefined ? all.length : Math.min(all.length, start + top);
  const page = all.slice(start, end);
  const rows = page.flatMap(listed.show);
  const parts = [
    `"value":[${rows.join(',')}]`,
    `"@odata.context":${JSON.stringify(`${service}/$metadata#${entitySet}`)}`,
  ];
  const last = page.at(-1);
  if (last && end < all.length) {
    const next = new URLSearchParams(query);
    next.delete('$skip');
    if (listed.bySkip) next.set('$skip', String(end));
    else next.set('$skiptoken', toToken(listed.key, listed.idOf(last)));
    const text = [...next].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
    parts.push(`"@odata.nextLink":${JSON.stringify(`${service}/${entitySet}?${text}`)}`);
  }
  if (query.get('$count') === 'true') parts.push(`"@odata.count":${all.length}`);
  const digest = createHash('md5').update(page.map(listed.stampOf).join()).digest('hex');
  return {
    etag: `W/"eventhash:${digest}"`,
    body: `{${parts.join(',')}}`,
    rows: rows.length,
    matched: all.length,
  };
};
