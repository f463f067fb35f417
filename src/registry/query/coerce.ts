import { Fault } from '../../core/fault.ts';
import { fold, isStorableText } from '../../core/text.ts';
import type { Attribute, AttributeType } from '../attributes.ts';
import type { Scalar } from './ast.ts';

/**
 * Longest text that can be searched. PostgreSQL refuses index entries above some 2,700 bytes; 500 UTF-16 units are
 * at most 1,500.
 */
export const MAX_SEARCHABLE_TEXT = 500;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?$/;
const INTEGER = /^[+-]?\d{1,15}(\.0*)?$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const MONEY = /^[A-Z]{3} +([+-]?\d+(?:\.\d+)?)$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that exists. */
export const isDate = (text: string): boolean => {
  const parts = DATE.exec(text);
  if (!parts) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= (DAYS[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
};

const toDate = (text: string): string | undefined => {
  // The day as written: a birth at midnight in +05:00 is not the day before.
  const day = DATE_TIME.exec(text)?.[1] ?? text;
  return isDate(day) ? day : undefined;
};

const toTime = (text: string): string | undefined => {
  if (isDate(text)) return `${text}T00:00:00.000Z`;
  const parts = DATE_TIME.exec(text);
  if (!parts || !isDate(parts[1] ?? '')) return undefined;
  const iso = text.toUpperCase().replace(' ', 'T') + (parts[4] ? '' : 'Z');
  const ms = Date.parse(iso.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  // Beyond these years an ISO text gets a sign and no longer sorts.
  return ms >= -62_135_596_800_000 && ms <= 253_402_300_799_999 ? new Date(ms).toISOString() : undefined;
};

const truths = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

const expectations: Record<AttributeType, string> = {
  text: `text of at most ${MAX_SEARCHABLE_TEXT} characters`,
  code: `a code of at most ${MAX_SEARCHABLE_TEXT} characters`,
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date YYYY-MM-DD',
  timestamp: 'a date or an RFC 3339 time',
};

/** The raw value as the attribute's type, or `undefined` when it does not fit. */
export const tryCoerce = (attribute: Pick<Attribute, 'type' | 'spellings'>, raw: unknown): Scalar | undefined => {
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') return undefined;
  switch (attribute.type) {
    case 'text':
    case 'code': {
      const text = String(raw);
      if (text.length > MAX_SEARCHABLE_TEXT || !isStorableText(text)) return undefined;
      if (!attribute.spellings) return text;
      const word = fold(text.trim());
      return Object.hasOwn(attribute.spellings, word) ? attribute.spellings[word] : text;
    }
    case 'integer': {
      const value = typeof raw === 'string' && INTEGER.test(raw.trim()) ? Number(raw) : raw;
      return Number.isSafeInteger(value) ? value : undefined;
    }
    case 'number': {
      if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
      if (typeof raw === 'boolean') return undefined;
      const text = raw.trim();
      const digits = MONEY.exec(text)?.[1] ?? text;
      const value = NUMBER.test(digits) ? Number(digits) : Number.NaN;
      return Number.isFinite(value) ? value : undefined;
    }
    case 'boolean':
      return typeof raw === 'boolean' ? raw : truths.get(String(raw).trim().toLowerCase());
    case 'date':
      return typeof raw === 'string' ? toDate(raw.trim()) : undefined;
    case 'timestamp':
      return typeof raw === 'string' ? toTime(raw.trim()) : undefined;
  }
};

/** Where a faulty value stood, for the caller: a JSON Pointer into what it sent. */
export interface At {
  readonly path?: string;
}

/** The raw value (`"25"`, 25, `female`, a date-time) as the attribute's type; else the fault `query.invalid`. */
export const coerce = (
  attribute: Pick<Attribute, 'name' | 'type' | 'spellings'>,
  raw: unknown,
  at: At = {},
): Scalar => {
  const value = tryCoerce(attribute, raw);
  if (value !== undefined) return value;
  throw new Fault('query.invalid', `${attribute.name} takes ${expectations[attribute.type]}`, {
    attribute: attribute.name,
    ...(at.path !== undefined && { path: at.path }),
  });
};
