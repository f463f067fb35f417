import type { Json, JsonObject } from '../../core/json.ts';
import type { Draft } from '../../registry/model.ts';
import { type Members, same } from './wire.ts';

/** A draft while it is being read. */
export type Mutable<T> = { -readonly [member in keyof T]: T[member] };

/**
 * One member of a record that has a home of its own in the registrant: how it is read, written, and where it stands.
 * `Subject` is what carries it, `Value` what our model makes of it.
 */
export interface Field<Subject, Value> {
  readonly name: string;
  /** `undefined` when the value says nothing that our model can hold. */
  readonly read: (wire: Json) => Value | undefined;
  readonly write: (value: Value) => Json;
  /** The wire's value in the spelling we write, where others mean exactly the same. */
  readonly normal?: (wire: Json) => Json;
  readonly get: (subject: Subject) => Value | undefined;
  readonly set: (draft: Mutable<Subject>, value: Value) => void;
}

/** The member of a section under which spellings are kept that our model cannot give back. */
export const SPELLINGS = '_wire';

/** Any value, for lists of fields: each field by itself is well typed. */
// biome-ignore lint/suspicious/noExplicitAny: a list of fields has no one value type
export type AnyField<Subject> = Field<Subject, any>;

/**
 * Reads the members that have a home into `draft`, and answers what must be kept so that the record comes back as it
 * was: a value that our model writes otherwise than the sender did (a birth with its hour), or cannot hold.
 */
export const readFields = <Subject extends Draft>(
  fields: readonly AnyField<Subject>[],
  record: JsonObject,
  draft: Mutable<Subject>,
): Members => {
  const kept: Members = {};
  for (const field of fields) {
    const wire = record[field.name];
    if (wire === undefined) continue;
    const value = field.read(wire);
    if (value !== undefined) field.set(draft, value);
    if (value === undefined || !same(field.write(value), field.normal?.(wire) ?? wire)) kept[field.name] = wire;
  }
  return kept;
};

/**
 * Writes the members that have a home. A kept spelling is used for as long as it means what the registrant holds:
 * after a change from another door it is stale, and the present value is written.
 */
export const writeFields = <Subject extends Draft>(
  fields: readonly AnyField<Subject>[],
  subject: Subject,
  kept: JsonObject | undefined,
  out: Members,
): void => {
  for (const field of fields) {
    const value = field.get(subject);
    const spelling = kept?.[field.name];
    if (spelling !== undefined && same(field.read(spelling), value)) out[field.name] = spelling;
    else if (value !== undefined) out[field.name] = field.write(value);
  }
};
