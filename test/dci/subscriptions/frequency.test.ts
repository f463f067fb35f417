import assert from 'node:assert/strict';
import { isFault } from '../../../src/core/fault.ts';
import { dueAt, readFrequency } from '../../../src/dci/subscriptions/frequency.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z'); // a Sunday
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const due = (raw: unknown, at = NOW): string | undefined => iso(dueAt(readFrequency(raw, NOW), at));

describe('the frequency of a subscription', () => {
  for (const [raw, wanted] of [
    [undefined, '2026-03-01T12:00:00.000Z'],
    [null, '2026-03-01T12:00:00.000Z'],
    ['', '2026-03-01T12:00:00.000Z'],
    ['immediate', '2026-03-01T12:00:00.000Z'],
    ['Real-time', '2026-03-01T12:00:00.000Z'],
    ['hourly', '2026-03-01T13:00:00.000Z'],
    ['daily', '2026-03-02T00:00:00.000Z'],
    ['weekly', '2026-03-02T00:00:00.000Z'],
    ['monthly', '2026-04-01T00:00:00.000Z'],
    [{ frequency: '0 0 0 5,15 * ? *' }, '2026-03-05T00:00:00.000Z'],
    [{ frequency: '0 0 0 ? * 6#3' }, '2026-03-20T00:00:00.000Z'],
    [{ frequency: '0 30 9 ? * MON-FRI' }, '2026-03-02T09:30:00.000Z'],
    [{ frequency: '0 0 0 L * ? 2027' }, '2027-01-31T00:00:00.000Z'],
    [{ frequency: '0 12 * * 1' }, '2026-03-02T12:00:00.000Z'],
  ] as const) {
    it(`${JSON.stringify(raw) ?? 'left out'} tells at ${wanted}`, () => assert.equal(due(raw), wanted));
  }

  it('counts weekdays from Sunday in six and seven fields, from Monday in five', () => {
    assert.equal(due({ frequency: '0 0 0 ? * 2' }), '2026-03-02T00:00:00.000Z');
    assert.equal(due({ frequency: '0 0 * * 2' }), '2026-03-03T00:00:00.000Z');
  });

  it('holds what happens before its window until it begins, and tells nothing after its end', () => {
    const window = { start_time: '2026-03-02T00:00:00Z', end_time: '2026-03-03T00:00:00+00:00' };
    assert.equal(due(window), '2026-03-02T00:00:00.000Z');
    assert.equal(due(window, Date.parse('2026-03-02T10:00:00Z')), '2026-03-02T10:00:00.000Z');
    assert.equal(due(window, Date.parse('2026-03-04T00:00:00Z')), undefined);
    assert.equal(due({ ...window, frequency: '0 0 8 * * ?' }), '2026-03-02T08:00:00.000Z');
    assert.equal(due({ ...window, frequency: '0 0 8 * * ?' }, Date.parse('2026-03-02T09:00:00Z')), undefined);
  });

  for (const raw of [
    'now and then',
    { frequency: '61 * * * * *' },
    { frequency: '* * *' },
    { frequency: 'daily', end_time: '2026-02-01T00:00:00Z' },
    { start_time: '2026-06-01T00:00:00Z', end_time: '2026-05-01T00:00:00Z' },
    { frequency: '0 0 0 30 2 ?' },
    { frequency: '0 0 0 * * ? 2020' },
  ]) {
    it(`${JSON.stringify(raw)} is refused with the details`, () => {
      assert.throws(
        () => readFrequency(raw, NOW),
        (error) => isFault(error) && error.details['reason'] === 'rjct.notify_details.invalid',
      );
    });
  }
});
