import { isObject } from '../../core/json.ts';

/**
 * The `consent` and `authorize` of a question, wherever they stand (dci.md §5.5): in its criteria, or on the item
 * beside them. Their shape is free, and an odd one is no fault: it just says nothing.
 */
export interface Claims {
  readonly purposes: readonly string[];
  readonly hasConsent: boolean;
}

const isSaid = (value: unknown): boolean => {
  if (typeof value === 'string') return value.trim() !== '';
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return isObject(value) && Object.values(value).some(isSaid);
};

/** A consent says more than what sort of object it is; a fragment of a schema in its place says nothing. */
const isConsent = (value: unknown): boolean =>
  isObject(value) &&
  Object.entries(value).some(([name, member]) => !name.startsWith('@') && name !== 'type' && isSaid(member));

const purposesOf = (value: unknown): readonly string[] => {
  const purpose = isObject(value) ? value['purpose'] : undefined;
  const list = Array.isArray(purpose) ? purpose : [purpose];
  return list.flatMap((one: unknown) => {
    const code = isObject(one) ? one['code'] : one;
    return typeof code === 'string' && code.trim() !== '' ? [code.trim()] : [];
  });
};

/** What the given criteria and items say of purpose and consent. */
export const claimsIn = (places: readonly unknown[]): Claims => {
  const holders = places.filter(isObject);
  const consents = holders.map((place) => place['consent']);
  return {
    purposes: [...consents, ...holders.map((place) => place['authorize'])].flatMap(purposesOf),
    hasConsent: consents.some(isConsent),
  };
};
