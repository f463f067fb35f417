import type { Facts } from '../registry/model.ts';
import type { Benefit, Enrolment, EnrolmentStatus, Programme } from './ports.ts';

// The standard's codes where it has one (dci.md §9.4), else our own word.
const codes: { readonly [status in EnrolmentStatus]?: string } = { enrolled: '1', paused: '4' };

/** Who only might be in a programme is not found by it. */
const isIn = ({ status }: Enrolment): boolean => status === 'enrolled' || status === 'paused';

const lists = (values: Record<string, readonly (string | number | undefined)[]>): Facts[string] =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, list]) => [name, [...new Set(list.filter((one) => one !== undefined))]] as const)
      .filter(([, list]) => list.length > 0),
  );

/** By what a registrant is found, in the catalogue's names. */
export const toFacts = (
  enrolments: readonly Enrolment[],
  benefits: readonly Benefit[],
  programmes: ReadonlyMap<string, Programme>,
): Facts[string] => {
  const held = enrolments.filter(isIn).map(({ programmeId }) => programmes.get(programmeId));
  return lists({
    programme_identifier: held.map((one) => one?.identifier),
    programme_name: held.map((one) => one?.name),
    enrollment_status: enrolments.map(({ status }) => codes[status] ?? status),
    enrollment_date: enrolments.map(({ enrolledOn }) => enrolledOn),
    benefit_type: benefits.map(({ type }) => type),
    benefit_date: benefits.map(({ date }) => date),
    benefit_value: benefits.map(({ value }) => value),
    benefit_quantity: benefits.map(({ quantity }) => quantity),
  });
};
