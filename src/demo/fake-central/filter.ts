import { problems } from './problems.ts';

/** The stamps of a submission that a filter may mention. */
interface Filterable {
  readonly id: string;
  readonly submissionDate: string;
  readonly updatedAt: string | null;
  readonly deletedAt: string | null;
  readonly reviewState: string | null;
  readonly submitterId: string | null;
}

export interface Filter<Row> {
  readonly matches: (row: Row) => boolean;
  /** Mentioning `deletedAt` anywhere switches off the implicit "not deleted". */
  readonly mentionsDeleted: boolean;
}

type Value = string | number | boolean | null;

/** What a filter may mention of a row. */
export type FilterFields<Row> = Readonly<Record<string, (row: Row) => Value>>;

export const submissionFields: FilterFields<Filterable> = {
  __id: (row) => row.id,
  '__system/submissionDate': (row) => row.submissionDate,
  '__system/updatedAt': (row) => row.updatedAt,
  '__system/deletedAt': (row) => row.deletedAt,
  '__system/reviewState': (row) => row.reviewState,
  '__system/submitterId': (row) => row.submitterId,
};

const datePart: Readonly<Record<string, (date: Date) => number>> = {
  year: (date) => date.getUTCFullYear(),
  month: (date) => date.getUTCMonth() + 1,
  day: (date) => date.getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  second: (date) => date.getUTCSeconds(),
};

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'date' | '(' | ')' | ',';
  readonly text: string;
  readonly at: number;
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?/;

const tokenize = (text: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const blank = /^\s+/.exec(rest);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const found =
      /^[(),]/.exec(rest) ??
      /^'[^']*'/.exec(rest) ??
      DATE.exec(rest) ??
      /^-?\d+(\.\d+)?/.exec(rest) ??
      /^[$A-Za-z_][$\w/]*/.exec(rest);
    if (!found) throw problems.filterSyntax(`Fail at ${at}`);
    const [match] = found;
    const kind = /^[(),]$/.test(match)
      ? (match as '(' | ')' | ',')
      : match.startsWith("'")
        ? 'string'
        : DATE.test(match)
          ? 'date'
          : /^-?\d/.test(match)
            ? 'number'
            : 'word';
    tokens.push({ kind, text: match, at });
    at += match.length;
  }
  return tokens;
};

// A date literal and a stamp are compared as moments; other text as it is.
const comparable = (value: Value): Value => {
  if (typeof value !== 'string' || !DATE.test(value)) return value;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : ms;
};

const comparisons: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  lt: (left, right) => left !== null && right !== null && left < right,
  le: (left, right) => left !== null && right !== null && left <= right,
  gt: (left, right) => left !== null && right !== null && left > right,
  ge: (left, right) => left !== null && right !== null && left >= right,
};

/** Reads the part of OData's filter language that Central understands, with Central's refusals for the rest. */
export const parseFilter = <Row>(text: string, fields: FilterFields<Row>): Filter<Row> => {
  type Read = (row: Row) => Value;
  type Test = (row: Row) => boolean;
  const tokens = tokenize(text);
  let position = 0;
  let mentionsDeleted = false;
  const peek = (): Token | undefined => tokens[position];
  const fail = (): never => {
    throw problems.filterSyntax(`Fail at ${peek()?.at ?? text.length}`);
  };
  const take = (kind: Token['kind'], word?: string): Token | undefined => {
    const token = peek();
    if (token?.kind !== kind || (word !== undefined && token.text !== word)) return undefined;
    position += 1;
    return token;
  };

  const field = (token: Token): Read => {
    const path = token.text.replace(/^\$root\/Submissions\//, '');
    const read = Object.hasOwn(fields, path) ? fields[path] : undefined;
    if (!read) throw problems.unsupportedField(token.text, token.at);
    if (path.endsWith('/deletedAt')) mentionsDeleted = true;
    return read;
  };

  const operand = (): Read => {
    const token = peek();
    if (!token) return fail();
    if (take('string')) return () => comparable(token.text.slice(1, -1));
    if (take('date')) return () => comparable(token.text);
    if (take('number')) return () => Number(token.text);
    if (!take('word')) return fail();
    if (take('(')) {
      // Documented, and answered with an internal error all the same.
      if (token.text === 'now' && take(')')) throw problems.internal();
      const part = Object.hasOwn(datePart, token.text) ? datePart[token.text] : undefined;
      if (!part) {
        const close = text.indexOf(')', token.at);
        throw problems.unsupportedFilter(text.slice(token.at, close < 0 ? undefined : close + 1), token.at);
      }
      const inner = operand();
      if (!take(')')) return fail();
      return (row) => {
        const value = comparable(inner(row));
        return typeof value === 'number' ? part(new Date(value)) : null;
      };
    }
    if (token.text === 'null') return () => null;
    if (token.text === 'true' || token.text === 'false') return () => token.text === 'true';
    const read = field(token);
    return (row) => comparable(read(row));
  };

  const comparison = (): Test => {
    if (take('word', 'not')) {
      const inner = comparison();
      return (row) => !inner(row);
    }
    if (take('(')) {
      const inner = either();
      if (!take(')')) return fail();
      return inner;
    }
    const left = operand();
    const operator = take('word');
    const compare = operator && Object.hasOwn(comparisons, operator.text) ? comparisons[operator.text] : undefined;
    if (!compare) {
      position -= operator ? 1 : 0;
      return fail();
    }
    const right = operand();
    return (row) => compare(left(row), right(row));
  };
  const both = (): Test => {
    let test = comparison();
    while (take('word', 'and')) {
      const left = test;
      const right = comparison();
      test = (row) => left(row) && right(row);
    }
    return test;
  };
  function either(): Test {
    let test = both();
    while (take('word', 'or')) {
      const left = test;
      const right = both();
      test = (row) => left(row) || right(row);
    }
    return test;
  }

  const matches = either();
  if (position < tokens.length) fail();
  return { matches, mentionsDeleted };
};
