import assert from 'node:assert/strict';
import { findEvent, registries } from '../../../src/dci/registries/all.ts';
import type { Happened } from '../../../src/dci/registries/event.ts';
import type { RegistryName } from '../../../src/dci/registries/registry.ts';
import type { ChangeType, Individual, IndividualDraft } from '../../../src/registry/index.ts';

const who = (more: Partial<IndividualDraft>): Individual => ({
  kind: 'individual',
  active: true,
  identifiers: [],
  id: '00000000-0000-7000-8000-000000000001',
  version: 1,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
  provenance: {},
  ...more,
});

const change = (
  type: ChangeType,
  before: Partial<IndividualDraft> | null,
  after: Partial<IndividualDraft> | null,
  detail: Happened['detail'] = {},
): Happened => ({
  type,
  day: '2026-03-01',
  before: before && who(before),
  after: after && who(after),
  detail,
});

/** Our names of all the events that a change is, in one registry. */
const eventsOf = (registry: RegistryName, what: Happened): string[] =>
  registries[registry].events
    .filter((event) => event.changes.includes(what.type) && (event.is?.(what) ?? true))
    .map(({ name }) => name);

const registered = (after: Partial<IndividualDraft>) => change('registrant.registered', null, after);
const updated = (before: Partial<IndividualDraft>, after: Partial<IndividualDraft>) =>
  change('registrant.updated', before, after);

describe('the words for events', () => {
  for (const [registry, word, wanted] of [
    ['social', 'REGISTER', 'register'],
    ['social', 'Registration', 'register'],
    ['social', 'spdci:common:RegistryEventType:NewHouseHoldMember', 'new_member'],
    ['social', 'UPDATE', 'update'],
    ['social', 'CORRECTION', 'update'],
    ['social', 'DEREGISTER', 'deregister'],
    ['social', 'DELETE', 'delete'],
    ['crvs', 'spdci-common:RegistryEventType:LiveBirth', 'birth'],
    ['crvs', 'live_birth', 'birth'],
    ['crvs', 'birth', 'birth'],
    ['crvs', 'BIRTH', 'birth'],
    ['crvs', 'DEATH', 'death'],
    ['crvs', 'fetal_death', 'fetal_death'],
    ['crvs', 'MARRIAGE', 'marriage'],
    ['crvs', 'divorce', 'divorce'],
    ['crvs', 'adoption', 'adoption'],
    ['crvs', 'REGISTER', 'register'],
    ['social', 'BIRTH', 'birth'],
    ['dr', 'REGISTER', 'register.disability'],
    ['dr', 'spdci-common:RegistryEventType:DisabledPerson', 'disability.disabledperson'],
    ['dr', 'spdci-common:RegistryEventType:NewDisabledNewborn', 'disability.newdisablednewborn'],
    ['fr', 'REGISTER', 'register.farm'],
    ['fr', 'spdci-common:RegistryEventType:FRPerson', 'farm.frperson'],
    ['ibr', 'enrollement', 'enrolment'],
    ['ibr', 'ENROLLMENT', 'enrolment'],
    ['ibr', 'enrollement_status_change', 'enrolment_status'],
    ['ibr', 'DISENROLLMENT', 'disenrolment'],
    ['ibr', 'BENEFIT_DISBURSEMENT', 'benefit'],
    ['social', 'SEARCH', undefined],
    ['social', '', undefined],
  ] as const) {
    it(`${registry}: ${word || '(empty)'} means ${wanted ?? 'nothing'}`, () => {
      assert.equal(findEvent(registries[registry], word)?.name, wanted);
    });
  }

  it('mean one event each in a registry', () => {
    for (const { name, events } of Object.values(registries)) {
      const words = events.flatMap((event) => event.words);
      assert.equal(new Set(words).size, words.length, name);
    }
  });
});

describe('the events of a change', () => {
  const benefit = (section: Record<string, unknown>) => ({ sections: { benefit: section as never } });
  const vital = (section: Record<string, unknown>) => ({ sections: { vital: section as never } });
  const parent = (value: string) => ({ identifier_type: 'UIN', identifier_value: value });

  for (const [title, registry, what, wanted] of [
    ['a new person with a date of birth', 'crvs', registered({ birthDate: '2026-02-27' }), ['register', 'birth']],
    [
      'a new person with a birth certificate',
      'crvs',
      registered({ identifiers: [{ type: 'birth_certificate', value: 'B1' }] }),
      ['register', 'birth'],
    ],
    ['a person whose birth becomes known', 'crvs', updated({}, { birthDate: '2026-02-27' }), ['update', 'birth']],
    ['another day of birth', 'crvs', updated({ birthDate: '2026-02-26' }, { birthDate: '2026-02-27' }), ['update']],
    [
      'a death',
      'crvs',
      updated({ birthDate: '1950-01-01' }, { birthDate: '1950-01-01', deathDate: '2026-02-27' }),
      ['update', 'death'],
    ],
    [
      'who is entered as dead without a birth',
      'crvs',
      registered({ deathDate: '2026-02-27' }),
      ['register', 'death', 'fetal_death'],
    ],
    [
      'a further marriage',
      'crvs',
      updated(vital({ marriage_date: ['2001-01-01'] }), vital({ marriage_date: ['2001-01-01', '2026-02-27'] })),
      ['update', 'marriage'],
    ],
    [
      'a marital status that became married',
      'crvs',
      updated(vital({ marital_status: 'S' }), vital({ marital_status: 'M' })),
      ['update', 'marriage'],
    ],
    [
      'a divorce',
      'crvs',
      updated(vital({ marital_status: 'M' }), vital({ marital_status: 'D', divorce_date: ['2026-02-27'] })),
      ['update', 'divorce'],
    ],
    [
      'other parents than before',
      'crvs',
      updated(vital({ parent1_identifier: parent('1') }), vital({ parent1_identifier: parent('2') })),
      ['update', 'adoption'],
    ],
    ['a new name', 'crvs', updated({ name: { given: 'A' } }, { name: { given: 'B' } }), ['update']],
    ['who is deregistered', 'social', change('registrant.deactivated', {}, {}), ['deregister']],
    ['who comes back', 'social', change('registrant.reactivated', {}, {}), ['register']],
    ['who is deleted', 'social', change('registrant.deleted', {}, null), ['deregister', 'delete']],
    [
      'who was known and becomes a farmer',
      'fr',
      updated({}, { sections: { farm: { farm_type: '1' } } }),
      ['register.farm', 'farm.frperson', 'update'],
    ],
    ['a new person without a farm', 'fr', registered({}), ['register.farm']],
    [
      'a disabled newborn',
      'dr',
      registered({ birthDate: '2026-01-01', sections: { disability: { disability_status: 'Approved' } } }),
      ['register.disability', 'disability.disabledperson', 'disability.newdisablednewborn'],
    ],
    [
      'a disabled adult',
      'dr',
      registered({ birthDate: '1990-01-01', sections: { disability: { disability_status: 'Approved' } } }),
      ['register.disability', 'disability.disabledperson'],
    ],
    [
      'a beneficiary who is new',
      'ibr',
      registered(benefit({ programme_identifier: [{ programme_identifier: 'P1' }], enrollment_status: '1' })),
      ['register', 'enrolment'],
    ],
    [
      'a further programme',
      'ibr',
      updated(benefit({ programme_identifier: ['P1'] }), benefit({ programme_identifier: ['P1', 'P2'] })),
      ['update', 'enrolment'],
    ],
    [
      'a beneficiary who graduated',
      'ibr',
      updated(benefit({ enrollment_status: '1' }), benefit({ enrollment_status: '3' })),
      ['update', 'enrolment_status', 'disenrolment'],
    ],
    [
      'a beneficiary who is suspended',
      'ibr',
      updated(benefit({ enrollment_status: '1' }), benefit({ enrollment_status: '4' })),
      ['update', 'enrolment_status'],
    ],
    [
      'a payment',
      'ibr',
      updated(benefit({ benefits: [] }), benefit({ benefits: [{ benefit_type: '1', benefit_value: 10 }] })),
      ['update', 'benefit'],
    ],
    ['an enrolment', 'ibr', change('enrolment.added', {}, {}), ['update', 'enrolment']],
    ['an enrolment that the record told of', 'ibr', change('enrolment.added', {}, {}, { told: true }), []],
    [
      'an end that the record told of',
      'ibr',
      change('enrolment.changed', {}, {}, { status: 'exited', told: true }),
      [],
    ],
    [
      'an enrolment that ended',
      'ibr',
      change('enrolment.changed', {}, {}, { status: 'exited' }),
      ['update', 'enrolment_status', 'disenrolment'],
    ],
  ] as const) {
    it(`${title} (${registry}): ${wanted.join(', ')}`, () => {
      assert.deepEqual(eventsOf(registry, what).sort(), [...wanted].sort());
    });
  }
});

describe('reg_event_type of a notification', () => {
  const told = (registry: RegistryName, word: string): string | undefined => {
    const event = findEvent(registries[registry], word);
    return event && registries[registry].tellEvent(event, word);
  };

  it('holds what the standard allows there, and else is left out', () => {
    assert.deepEqual(
      [told('social', 'REGISTRATION'), told('social', 'newhouseholdmember'), told('social', 'UPDATE')],
      ['REGISTER', 'NewHouseHoldMember', undefined],
    );
    assert.deepEqual([told('fr', 'FRPerson'), told('fr', 'UPDATE')], ['REGISTER', undefined]);
    assert.deepEqual([told('dr', 'REGISTER'), told('dr', 'BIRTH')], ['REGISTER', undefined]);
    assert.deepEqual(
      [told('ibr', 'ENROLLMENT'), told('ibr', 'enrolment_status_change'), told('ibr', 'REGISTER')],
      ['enrollement', 'enrollement_status_change', undefined],
    );
  });

  it('repeats the subscriber’s own word where the standard leaves it free', () => {
    assert.equal(told('crvs', 'spdci-common:RegistryEventType:LiveBirth'), 'spdci-common:RegistryEventType:LiveBirth');
  });
});
