import type { Json, JsonObject } from '../../core/json.ts';
import type { EnrolmentSaid } from './registry.ts';
import { asObject } from './wire.ts';

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** The enrolment that a Programme of a record stands for; `of` is the record that says when and how. */
export const enrolmentsIn = (programme: Json, of: JsonObject): readonly EnrolmentSaid[] => {
  const entry = typeof programme === 'string' ? { programme_identifier: programme } : asObject(programme);
  if (!entry) return [];
  const programmeIdentifier = text(entry['programme_identifier']);
  const programmeName = text(entry['programme_name']);
  if (programmeIdentifier === undefined && programmeName === undefined) return [];
  const status = text(of['enrollment_status']);
  const date = text(of['enrollment_date']);
  return [
    {
      ...(programmeIdentifier === undefined ? {} : { programmeIdentifier }),
      ...(programmeName === undefined ? {} : { programmeName }),
      ...(status === undefined ? {} : { status }),
      ...(date === undefined ? {} : { date }),
    },
  ];
};
