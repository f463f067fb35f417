import { isObject } from '../core/json.ts';
import type { Attempt } from '../delivery/index.ts';
import { type HttpResponse, readRetryAfter } from '../net/index.ts';

/** Ours are random: who calls one a duplicate has had this very message. */
const DUPLICATE = /message.?id.*duplicate|duplicate.*message/i;
// Error codes of the standard and the inventions of peers; anything longer is no code and might say too much.
const CODE = /^[\w.-]{1,60}$/;

// How long a receiver may ask us to wait at a time, and how short a pause is one.
const LONGEST_WAIT_MS = 3_600_000;
const SHORTEST_WAIT_MS = 1000;

const parse = (body: Buffer): Readonly<Record<string, unknown>> => {
  try {
    const answer: unknown = JSON.parse(body.toString('utf8'));
    return isObject(answer) ? answer : {};
  } catch {
    return {};
  }
};

const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

/**
 * Whether the receiver of a callback took it: any 2xx but an Ack that says `ERR` (dci.md §5.4), and the answer that it
 * has the message already. The reason never repeats what the receiver wrote but for a code.
 */
export const judgeAck = ({ status, headers, body }: HttpResponse, now: number): Attempt => {
  const answer = parse(body);
  const message = membersOf(answer['message']);
  const isError = String(message['ack_status']).toUpperCase() === 'ERR';
  if (status >= 200 && status < 300 && !isError) return { delivered: true };

  const header = membersOf(answer['header']);
  const errors = Array.isArray(answer['errors']) ? answer['errors'].map(membersOf) : [];
  const said = [membersOf(message['error']), membersOf(answer['error']), ...errors, answer];
  const words = [header['status_reason_code'], ...said.flatMap(({ code, message: text }) => [code, text])];
  if (words.some((word) => typeof word === 'string' && DUPLICATE.test(word))) return { delivered: true };

  const code = said.map((one) => one['code']).find((one) => typeof one === 'string' && CODE.test(one));
  const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  const error = `HTTP ${status}${code === undefined ? '' : ` ${code}`}${redirect}`;
  const asked = status === 429 || status === 503 ? readRetryAfter(headers['retry-after'], now) : undefined;
  const retryAfterMs = asked === undefined ? undefined : Math.min(Math.max(asked, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  return { delivered: false, error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
};
