import assert from 'node:assert/strict';
import { toRecord as toDciRecord } from '../../src/dci/registries/all.ts';
import { createProgrammes } from '../../src/programmes/index.ts';
import type { Registrant } from '../../src/registry/index.ts';
import { describeStore } from '../support/stores.ts';
import { counts, createFresh, holderOf, makePlace, type Place } from './support.ts';

describeStore('import of DCI records', ({ database }) => {
  let place: Place;
  // One database serves all the tests: each works with people of its own.
  const fresh = createFresh('dci');
  beforeEach(() => {
    place = makePlace(database());
  });
  afterEach(() => {
    assert.deepEqual(place.leftovers(), []);
    place.remove();
  });

  const record = (value: string, more: object = {}) => ({
    member_identifier: [{ identifier_type: 'UIN', identifier_value: value }],
    demographic_info: { name: { surname: 'Obi', given_name: 'Ada' }, birth_date: '1990-01-01T00:00:00Z', ...more },
  });
  const dci = { format: { dci: 'social' as const } };

  it('keeps the enrolment that a beneficiary record tells of, and gives the record back field for field', async () => {
    const ibr = { format: { dci: 'ibr' as const } };
    const uin = fresh();
    const record = (status: string) => ({
      assistance_unit: '1',
      member: { member_identifier: [{ identifier_type: 'UIN', identifier_value: uin }] },
      programme_identifier: [{ programme_identifier: 'P-1', programme_name: 'Cash' }],
      enrollment_date: '2026-01-01T00:00:00Z',
      enrollment_status: status,
    });
    const programmes = createProgrammes({ db: database(), registry: place.registry, clock: place.clock });
    for (const [status, kept] of [
      ['4', 'paused'],
      ['1', 'enrolled'],
    ] as const) {
      await place.run([record(status)], ibr);
      assert.deepEqual(counts(await place.run([record(status)], ibr)), [1, 0, 0, 1, 0]);
      assert.deepEqual(counts(await place.run([record(status)], { ...ibr, dryRun: true })), [1, 0, 0, 1, 0]);
      const [holder] = await place.registry.holders([{ type: 'UIN', value: uin }]);
      const id = holder?.id ?? '';
      assert.equal((await programmes.enrolmentsOf([id]))[0]?.status, kept);
      const stored = (await place.registry.load([id])).get(id) as Registrant;
      const { programme_identifier, enrollment_date, enrollment_status } = toDciRecord('ibr', stored, {
        kin: [],
        today: '2026-06-01',
      });
      const { member: _member, assistance_unit: _unit, ...said } = record(status);
      assert.deepEqual({ programme_identifier, enrollment_date, enrollment_status }, said);
    }
  });

  it('upserts a person by identifier', async () => {
    const a = fresh();
    assert.deepEqual(counts(await place.run([record(a)], dci)), [1, 1, 0, 0, 0]);
    assert.deepEqual(counts(await place.run([record(a, { sex: 'female' })], dci)), [1, 0, 1, 0, 0]);
    const stored = await holderOf(place, 'national_id', a);
    assert.ok(stored?.kind === 'individual');
    assert.deepEqual([stored.birthDate, stored.sex], ['1990-01-01', '2']);
  });

  it('brings a group with its members, those without identifiers known by name within it', async () => {
    const [a, h] = [fresh(), fresh()];
    const group = {
      group_identifier: [{ identifier_type: 'HOUSEHOLD_ID', identifier_value: h }],
      group_head_info: record(a),
      member_list: [
        record(a),
        { demographic_info: { name: { surname: 'Obi', given_name: 'Chidi' }, birth_date: '2015-01-01' } },
      ],
    };
    assert.deepEqual(counts(await place.run([group], dci)), [1, 1, 0, 0, 0]);
    const second = await place.run([group, group], dci);
    assert.deepEqual([counts(second), second.errors], [[2, 0, 0, 2, 0], []]);
    const stored = await holderOf(place, 'household_id', h);
    const kin = (await place.registry.kinships([stored?.id ?? ''])).get(stored?.id ?? '') ?? [];
    assert.deepEqual(
      kin.map(({ membership, other }) => [(other.name as { given: string }).given, membership.roles]),
      [
        ['Ada', ['head']],
        ['Chidi', []],
      ],
    );
  });

  it('refuses what is no record, and who could not be known again', async () => {
    const report = await place.run([[1], { demographic_info: { name: { surname: 'Nobody' } } }, record(fresh())], dci);
    assert.deepEqual(counts(report), [3, 1, 0, 0, 2]);
    assert.deepEqual(
      report.errors.map(({ line, reason }) => [line, reason]),
      [
        [1, 'a record must be a JSON object'],
        [2, 'it has no identifier that is in force'],
      ],
    );
  });
});
