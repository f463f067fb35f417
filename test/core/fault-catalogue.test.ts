import assert from 'node:assert/strict';
import { catalogue, faultKinds } from '../../src/core/fault-catalogue.ts';
import { statusOfKind } from '../../src/http/index.ts';

describe('the fault catalogue', () => {
  const codes = Object.keys(catalogue);
  it('is sorted, so that a code stands in one place', () => {
    assert.deepEqual(codes, [...codes].sort());
  });
  it('gives every code a line of documentation and a kind that has an HTTP status', () => {
    for (const [code, { kind, about }] of Object.entries(catalogue)) {
      assert.ok(about.endsWith('.'), `${code} lacks its line`);
      assert.ok(faultKinds.includes(kind) && statusOfKind[kind] >= 400, `${code} has no status`);
    }
  });
});
