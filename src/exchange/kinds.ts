import { isObject } from '../core/json.ts';

/** The kinds of rows that `import` and `export` know (product.md, api-v2.md §26). */
export const rowKinds = [
  'individual',
  'group',
  'program',
  'program-membership',
  'cycle',
  'entitlement',
  'product',
  'product-category',
  'unit-of-measure',
  'service-point',
  'vocabulary',
  'studio-field',
  'data-variable',
  'consent',
] as const;
export type RowKind = (typeof rowKinds)[number];

export const isRowKind = (text: string): text is RowKind => (rowKinds as readonly string[]).includes(text);

/** `ProgramMembership` → `program-membership`. */
const toKind = (type: string): string => type.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** The kind a row says it is; `undefined` when it says nothing. A word that is no kind comes back as it is. */
export const saidKind = (row: unknown): string | undefined => {
  if (!isObject(row)) return undefined;
  const type = row['type'] ?? row['resourceType'];
  return typeof type === 'string' ? toKind(type) : undefined;
};

/** What a row without a type must be, by members that only one kind has. */
export const guessKind = (row: unknown): RowKind | undefined => {
  if (!isObject(row)) return undefined;
  const has = (member: string): boolean => Object.hasOwn(row, member);
  if (has('namespace_uri')) return 'vocabulary';
  if (has('technicalName')) return 'studio-field';
  if (has('beneficiary') && has('program')) return 'program-membership';
  if (has('member') || has('groupType')) return 'group';
  if (has('identifier')) return typeof row['name'] === 'string' ? 'group' : 'individual';
  return undefined;
};
