import type { Json } from '../../core/json.ts';
import { findKind } from '../registries/all.ts';

// What older layouts and peers call the members that are asked for most.
const older = new Map([
  ['household_size', 'group_size'],
  ['head', 'group_head_info'],
  ['members', 'member_list'],
  ['gender', 'sex'],
  ['date_of_birth', 'birth_date'],
]);

/** `Household.household_size`, `spdci:Member.birthDate` → the path of the member in the record as it is sent. */
const toPath = (field: string): string => {
  const parts = field
    .split('.')
    .map((part) =>
      part
        .trim()
        .replace(/^.*:/, '')
        .replace(/\[\d*\]$/, ''),
    )
    .filter((part) => part !== '' && part !== '*');
  // The name of the record itself stands in front, with a capital: `member` is a member of some records.
  const inner = parts.length > 1 && /^[A-Z]/.test(parts[0] ?? '') && findKind(parts[0]) ? parts.slice(1) : parts;
  return inner
    .map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase())
    .map((part) => older.get(part) ?? part)
    .join('.');
};

/**
 * Reads `response_fields`: the paths of the members that are wanted. Identifiers are always sent: without them nobody
 * knows whom a notification is about.
 */
export const readFields = (raw: Json | undefined): readonly string[] | undefined => {
  const list = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [];
  const paths = list.filter((one) => typeof one === 'string').map(toPath);
  const wanted = paths.filter((path) => path !== '');
  return wanted.length > 0 ? [...new Set(['identifier', ...wanted])] : undefined;
};
