import type { Json } from '../../core/json.ts';
import type { Mutable } from '../../core/mutable.ts';
import type { Individual, IndividualDraft, Registrant } from '../model.ts';
import type { Kinship } from '../ports.ts';
import { fullName } from '../values.ts';
import { compileCheck, findUnstorable, type Problem } from './check.ts';
import {
  fromCommon,
  type Reading,
  type ReadOptions,
  type ReadResource,
  toCommon,
  type WriteOptions,
} from './common.ts';
import { withoutNulls } from './nulls.ts';
import { fromGender, fromName, reporter, toGender, toName, toPeriod, toRoles } from './parts.ts';
import { toReference } from './references.ts';
import { IndividualJson } from './schema.ts';

/** A resource as it is written: plain JSON. */
export type Resource = { readonly [member: string]: Json };

/** A followable reference with its display name. */
export const toReferenceJson = (registrant: Registrant, today: string) => {
  const display = fullName(registrant);
  return { reference: toReference(registrant, today), ...(display === undefined ? {} : { display }) };
};

const toGroupMembership = ({ membership, other }: Kinship, today: string) => {
  const role = toRoles(membership.roles);
  const period = toPeriod(membership);
  return {
    group: toReferenceJson(other, today),
    ...(role ? { role } : {}),
    ...(period ? { period } : {}),
    ...(membership.live ? {} : { inactive: true }),
  };
};

/** A person as API V2 shows one (api-v2.md §8); `kinships` are the groups, ended memberships included if given. */
export const toIndividualResource = (
  individual: Individual,
  kinships: readonly Kinship[],
  options: WriteOptions,
): Resource => {
  const { name, birthDate, birthDateEstimated, deathDate, sex } = individual;
  const common = toCommon(individual, options);
  return {
    type: 'Individual',
    ...common.head,
    ...(name ? { name: toName(name) } : {}),
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(birthDateEstimated === undefined ? {} : { birthDateEstimated }),
    ...(deathDate === undefined ? {} : { deathDate }),
    ...(sex === undefined ? {} : { gender: toGender(sex) }),
    ...common.tail,
    ...(kinships.length > 0 ? { groupMembership: kinships.map((one) => toGroupMembership(one, options.today)) } : {}),
    ...common.extension,
    meta: common.meta,
  } as unknown as Resource;
};

const check = compileCheck(IndividualJson);

/**
 * Reads a person from a resource, or tells everything that is wrong with it at once.
 *
 * `meta` and `groupMembership` are the server's and are not read; members that nobody knows are ignored.
 */
export const fromIndividualResource = (
  input: unknown,
  options: ReadOptions,
): Reading<ReadResource<IndividualDraft>> => {
  const unstorable = findUnstorable(input);
  if (unstorable.length > 0) return { ok: false, problems: unstorable };
  const json = withoutNulls(input);
  const shape = check(json);
  if (shape.length > 0) return { ok: false, problems: shape };

  const individual = json as IndividualJson;
  const problems: Problem[] = [];
  const report = reporter(problems);
  const { draft, rest } = fromCommon(individual, options, problems);
  const name = fromName(individual.name);
  const sex = fromGender(individual.gender, report);
  const { birthDate, birthDateEstimated, deathDate } = individual;
  if (birthDate && birthDate > options.today) report('/birthDate', 'must not lie in the future');
  if (deathDate && deathDate > options.today) report('/deathDate', 'must not lie in the future');
  if (birthDate && deathDate && deathDate < birthDate) report('/deathDate', 'must not be before the birth');
  if (problems.length > 0) return { ok: false, problems };

  const person: Mutable<IndividualDraft> = { ...draft, kind: 'individual' };
  if (name) person.name = name;
  if (birthDate) person.birthDate = birthDate;
  if (birthDateEstimated !== undefined) person.birthDateEstimated = birthDateEstimated;
  if (deathDate) person.deathDate = deathDate;
  if (sex !== undefined) person.sex = sex;
  return { ok: true, value: { draft: person, ...rest } };
};
