import assert from 'node:assert/strict';
import { judgeAck } from '../../../src/dci/judge-ack.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');

const judge = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  judgeAck({ status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, NOW);

describe('the answer to a callback', () => {
  const taken: readonly [string, number, unknown][] = [
    ['an ACK', 200, { message: { ack_status: 'ACK' } }],
    ['202', 202, ''],
    ['a NACK: it was valid, and nothing follows', 200, { message: { ack_status: 'NACK' } }],
    ['2xx with a page', 200, '<html></html>'],
    ['a duplicate, refused', 400, { message: { error: { message: 'rjct.message_id.duplicate' } } }],
    [
      'a duplicate, as an error in the body',
      200,
      { message: { ack_status: 'ERR', error: { code: 'err.duplicate.message' } } },
    ],
    ['a duplicate, in an envelope', 400, { header: { status_reason_code: 'rjct.message_id.duplicate' } }],
    ['a duplicate, among errors', 409, { errors: [{ code: 'x', message: 'duplicate message' }] }],
  ];
  for (const [what, status, body] of taken) {
    it(`means that it was taken: ${what}`, () => {
      assert.equal(judge(status, body).delivered, true);
    });
  }

  const failed: readonly [string, number, unknown, string][] = [
    [
      'an ERR with 200',
      200,
      { message: { ack_status: 'ERR', error: { code: 'err.request.bad' } } },
      'HTTP 200 err.request.bad',
    ],
    ['500', 500, 'oops', 'HTTP 500'],
    ['401 with a code', 401, { errors: [{ code: 'err.request.unauthorized' }] }, 'HTTP 401 err.request.unauthorized'],
    ['a redirect', 302, '', 'HTTP 302 (redirects are not followed)'],
    [
      'a fault of an item that is a duplicate',
      400,
      { message: { error: { message: 'rjct.reference_id.duplicate' } } },
      'HTTP 400',
    ],
    ['text in place of a code', 400, { code: 'Amina Diallo was not found' }, 'HTTP 400'],
    ['garbage', 418, '\u0000{"', 'HTTP 418'],
  ];
  for (const [what, status, body, error] of failed) {
    it(`means that it was not: ${what}`, () => {
      const outcome = judge(status, body);
      assert.deepEqual(outcome, { delivered: false, error });
    });
  }

  const patient: readonly [string, number, string, number | undefined][] = [
    ['seconds', 429, '17', 17_000],
    ['a date', 503, 'Thu, 26 Nov 2026 12:01:30 GMT', 90_000],
    ['more than an hour', 429, '86400', 3_600_000],
    ['a moment that has passed', 429, 'Thu, 26 Nov 2026 11:00:00 GMT', 1000],
    ['nothing that can be read', 429, 'soon', undefined],
    ['of another status', 500, '17', undefined],
  ];
  for (const [what, status, retryAfter, retryAfterMs] of patient) {
    it(`tells how long to wait: ${what}`, () => {
      const outcome = judge(status, '', { 'retry-after': retryAfter });
      const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
      assert.deepEqual(outcome, { delivered: false, error: `HTTP ${status}`, ...asked });
    });
  }
});
