import { isObject, type Json } from '../../core/json.ts';
import { isStorableText } from '../../core/text.ts';
import { isDate, type Location } from '../../registry/index.ts';
import type { DeadLetterReason } from '../reasons.ts';
import type { Target } from './targets.ts';

/** Why a submission cannot be mapped: the reason, the source path with row numbers, and what stood there. */
export class MapFault extends Error {
  readonly reason: DeadLetterReason;
  readonly path: string;
  readonly value: unknown;

  constructor(reason: DeadLetterReason, path: string, value: unknown) {
    super(`${reason} at ${path}`);
    this.reason = reason;
    this.path = path;
    this.value = value;
  }
}

/** Undefined, null and `""` all mean no value, as does a list without any (odk.md §18.2). */
export const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.every(isNothing));

/** A list of one gives way to its item where a single value belongs. */
export const single = (value: unknown, path: string): unknown => {
  if (!Array.isArray(value)) return value;
  if (value.length > 1) throw new MapFault('bad-type', path, value);
  return value[0];
};

const isPosition = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** GeoJSON has the longitude first (odk.md §5). */
const toPoint = (value: unknown, path: string): Location => {
  if (isObject(value) && value['type'] === 'Point' && Array.isArray(value['coordinates'])) {
    const [longitude, latitude, altitude] = value['coordinates'] as readonly unknown[];
    const accuracy = isObject(value['properties']) ? value['properties']['accuracy'] : undefined;
    if (isPosition(longitude) && isPosition(latitude) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) {
      return {
        latitude,
        longitude,
        ...(isPosition(altitude) ? { altitude } : {}),
        ...(isPosition(accuracy) ? { accuracy } : {}),
      };
    }
  }
  throw new MapFault('bad-type', path, value);
};

const MAX_DEPTH = 20;

/** What an attribute may hold: any JSON that a database can keep. */
const toJson = (value: unknown, path: string, depth = 0): Json => {
  if (depth > MAX_DEPTH || (typeof value === 'string' && !isStorableText(value))) {
    throw new MapFault('bad-type', path, value);
  }
  if (Array.isArray(value)) return value.filter((one) => !isNothing(one)).map((one) => toJson(one, path, depth + 1));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, one]) => !isNothing(one) && !key.includes('@odata.'))
        .map(([key, one]) => [key, toJson(one, path, depth + 1)]),
    );
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (isPosition(value)) return value;
  throw new MapFault('bad-type', path, value);
};

/** Brings one value to its target's type, or throws `bad-type`. `undefined` is no value. */
const toSingle = (given: unknown, target: Target, path: string): unknown => {
  const value = single(given, path);
  if (isNothing(value)) return undefined;
  const refuse = (): never => {
    throw new MapFault('bad-type', path, value);
  };
  switch (target.type) {
    case 'text':
      return typeof value === 'string' && isStorableText(value) ? value : refuse();
    case 'code':
      return typeof value === 'string' && (!target.words || target.words.includes(value)) ? value : refuse();
    case 'sex':
      return typeof value === 'string' && ['0', '1', '2', '9'].includes(value) ? value : refuse();
    case 'date':
      return typeof value === 'string' && isDate(value) ? value : refuse();
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse();
    case 'number':
      return isPosition(value) ? value : refuse();
    case 'point':
      return toPoint(value, path);
    case 'any':
      return toJson(value, path);
  }
};

/** Brings what a leaf gave to what its target takes. */
export const toTarget = (value: unknown, target: Target, path: string): unknown => {
  if (target.type === 'any' && Array.isArray(value)) {
    if (isNothing(value)) return undefined;
    return value.length === 1 ? toJson(value[0], path) : toJson(value, path);
  }
  if (!target.list || !Array.isArray(value)) {
    const one = toSingle(value, target, path);
    return target.list && one !== undefined && target.type !== 'any' ? [one] : one;
  }
  const many = value.map((one) => toSingle(one, target, path)).filter((one) => one !== undefined);
  return many.length === 0 ? undefined : many;
};
