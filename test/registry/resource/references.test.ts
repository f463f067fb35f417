import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Individual } from '../../../src/registry/model.ts';
import { readReference, readSystemValue, toReference } from '../../../src/registry/resource/index.ts';

const ID = 'urn:openspp:vocab:id-type#';
const KE = [{ type: 'national_id', value: 'KE-4471' }];

describe('readReference', () => {
  for (const [reference, wanted] of [
    [`Individual/${ID}national_id|KE-4471`, KE],
    ['Individual/national_id|KE-4471', KE],
    ['Individual/urn%3Aopenspp%3Avocab%3Aid-type%23national_id|KE-4471', KE],
    ['Individual/urn:openspp:vocab:id-type%23national_id%7CKE-4471', KE],
    [`Individual/${encodeURIComponent(`${ID}national_id|KE-4471`)}`, KE],
    [`Individual/${ID}card|a|b/c d`, [{ type: 'card', value: 'a|b/c d' }]],
    [
      `Individual/${ID}card|100%41`,
      [
        { type: 'card', value: '100%41' },
        { type: 'card', value: '100A' },
      ],
    ],
    [`Individual/${ID}card|100%`, [{ type: 'card', value: '100%' }]],
    [`Group/${ID}national_id|KE-4471`, undefined],
    [`${ID}national_id|KE-4471`, undefined],
    ['Individual/national_id', undefined],
    ['Individual/national_id|', undefined],
    ['Individual/|x', undefined],
    ['Individual/http://example.org/nid|x', undefined],
    ['Individual/%E0%A4%A|x', undefined],
  ] as const) {
    it(`reads ${reference} as ${wanted ? wanted.map(({ value }) => value).join(' or ') : 'nothing'}`, () => {
      assert.deepEqual(readReference(reference, 'individual'), wanted);
    });
  }

  it('finds the value of every reference that was put out, raw or encoded', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
        const holder = { kind: 'individual', id: 'x', identifiers: [{ type: 'card', value }] } as unknown as Individual;
        const raw = toReference(holder, '2026-01-01').slice('Individual/'.length);
        assert.equal(readSystemValue(raw)?.[0]?.value, value);
        assert.deepEqual(readSystemValue(encodeURIComponent(raw)), [{ type: 'card', value }]);
      }),
    );
  });
});
