import type { Kind } from './model.ts';

/**
 * How values of an attribute are typed and compared. `date` is `YYYY-MM-DD`; `timestamp` RFC 3339 in UTC with
 * milliseconds; `code` is text from a closed or open vocabulary.
 */
export const attributeTypes = ['text', 'code', 'integer', 'number', 'boolean', 'date', 'timestamp'] as const;
export type AttributeType = (typeof attributeTypes)[number];

/** One searchable attribute. The catalogue of all of them is what every door asks; none keeps a list of its own. */
export interface Attribute {
  /** Unique within a kind; snake_case; the DCI leaf name where the standard has one (dci.md §9.3–9.4). */
  readonly name: string;
  readonly type: AttributeType;
  readonly kinds: readonly Kind[];
  /** Where it stands in the registrant document; lists on the way are walked, so a path may yield several values. */
  readonly path: readonly string[];
  /** Further places where the same thing may stand. */
  readonly alsoAt?: readonly (readonly string[])[];
  /** Words that mean a code (`male` → `1`), folded. */
  readonly spellings?: { readonly [word: string]: string };
  /** A column of `registrants` with its index, the rows of `registrant_values`, or worked out from another attribute. */
  readonly stored: { readonly column: string } | 'values' | 'derived';
  readonly about: string;
}

/** Finds an attribute by name for a kind; open attributes that were registered count. */
export interface Catalogue {
  find(kind: Kind, name: string): Attribute | undefined;
  list(kind: Kind): readonly Attribute[];
}
