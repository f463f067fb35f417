import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isFault } from '../../../src/core/fault.ts';
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { examples } from './examples.ts';
import { missing, roundTrip } from './support.ts';

/** The record with some members left out, as `keep` decides for each in turn. */
const prune = (value: Json, keep: () => boolean): Json => {
  if (Array.isArray(value)) return value.map((item) => prune(item, keep));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => key === '@type' || keep())
      .map(([key, member]) => [key, prune(member, keep)]),
  );
};

/** A head who is also listed is one person: the record must not say two things of him. */
const agree = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(agree);
  if (!isObject(value)) return value;
  const record = Object.fromEntries(Object.entries(value as JsonObject).map(([key, member]) => [key, agree(member)]));
  const { group_head_info: head, member_list: list } = record as { group_head_info?: Json; member_list?: Json[] };
  return head && list ? { ...record, member_list: [head, ...list.slice(1)] } : record;
};

describe('records of the five registries, whatever they leave out', () => {
  for (const [registry, title, record] of examples) {
    it(`${registry}: ${title} comes back as it was`, () => {
      const property = fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (stream) => {
        const partial = agree(prune(record, () => (stream.next().value as number) > 1)) as JsonObject;
        let back: JsonObject;
        try {
          back = roundTrip(registry, partial);
        } catch (error) {
          // What is left may be nobody's record.
          assert.ok(isFault(error) && error.code === 'record.invalid', String(error));
          return;
        }
        assert.deepEqual(missing(partial, back), [], JSON.stringify(partial));
      });
      fc.assert(property, { numRuns: 100, seed: 20261124 });
    });
  }
});
