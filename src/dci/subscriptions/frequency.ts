import { Cron } from 'croner';
import { isObject } from '../../core/json.ts';
import { given } from '../envelope.ts';
import { invalidDetails } from './rejection.ts';

/** When notifications go out: at once, or gathered until the next time of `cron`; only within the window. */
export interface Frequency {
  /** In the manner of Quartz: seconds first, weekdays from 1 (Sunday); in UTC. */
  readonly cron?: string;
  /** Milliseconds since the epoch. */
  readonly start?: number;
  readonly end?: number;
}

const AT_ONCE = undefined;

/** Words that peers write where the standard has an expression (dci.md §11, C28). */
const words = new Map<string, string | undefined>([
  ...['immediate', 'immediately', 'instant', 'realtime', 'now', 'always', 'onevent', 'event'].map(
    (word) => [word, AT_ONCE] as const,
  ),
  ['hourly', '0 0 * * * ?'],
  ['daily', '0 0 0 * * ?'],
  ['weekly', '0 0 0 ? * 2'],
  ['monthly', '0 0 0 1 * ?'],
  ['yearly', '0 0 0 1 1 ?'],
  ['annually', '0 0 0 1 1 ?'],
]);

const times = new Map<string, Cron>();

/** The expression as croner reads it. `?` (no value) of Quartz is "any" there; five fields are those of Unix. */
const toCron = (expression: string): Cron => {
  const known = times.get(expression);
  if (known) return known;
  const isUnix = expression.trim().split(/\s+/).length === 5;
  const cron = new Cron(expression.replaceAll('?', '*'), {
    timezone: 'UTC',
    paused: true,
    domAndDow: true,
    alternativeWeekdays: !isUnix,
  });
  if (times.size < 1000) times.set(expression, cron);
  return cron;
};

const readCron = (text: string): Pick<Frequency, 'cron'> => {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^@|[\s_-]/g, '');
  if (words.has(word)) {
    const cron = words.get(word);
    return cron === undefined ? {} : { cron };
  }
  try {
    toCron(text);
  } catch {
    throw invalidDetails('frequency: must be a cron expression of six or seven fields, or a word such as daily');
  }
  return { cron: text };
};

const readTime = (value: unknown, name: string): number | undefined => {
  const text = given(value);
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalidDetails(`frequency.${name}: must be a time`);
  return ms;
};

/** Reads `frequency` in any of its forms; throws for what says nothing, and for a window that is over. */
export const readFrequency = (raw: unknown, now: number): Frequency => {
  if (typeof raw === 'string') return raw === '' ? {} : readCron(raw);
  if (!isObject(raw)) return {};
  const start = readTime(raw['start_time'], 'start_time');
  const end = readTime(raw['end_time'], 'end_time');
  if (end !== undefined && end <= now) throw invalidDetails('frequency.end_time: has passed');
  if (start !== undefined && end !== undefined && end < start) {
    throw invalidDetails('frequency.end_time: lies before the start');
  }
  const text = given(raw['frequency']);
  const frequency: Frequency = {
    ...(text === undefined ? {} : readCron(text)),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
  if (dueAt(frequency, now) === undefined) throw invalidDetails('frequency: has no time within its window');
  return frequency;
};

/** When what happens now is to be told; `undefined` when no time is left in the window. */
export const dueAt = ({ cron, start, end }: Frequency, now: number): number | undefined => {
  const from = start === undefined ? now : Math.max(now, start);
  const due = cron === undefined ? from : toCron(cron).nextRun(new Date(from))?.getTime();
  return due === undefined || (end !== undefined && due > end) ? undefined : due;
};
