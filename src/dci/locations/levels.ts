import type { Address, Registrant } from '../../registry/model.ts';

/** One place as an address or a record knows it. */
export interface Level {
  readonly sort: 'COUNTRY' | 'REGION' | 'DISTRICT' | 'LOCALITY';
  readonly name: string;
  /** Its code, where one was given. */
  readonly code?: string;
}

const level = (sort: Level['sort'], name: string | undefined, code?: string): Level | undefined => {
  const shown = name?.trim() || code?.trim();
  if (!shown) return undefined;
  return { sort, name: shown, ...(code?.trim() ? { code: code.trim() } : {}) };
};

/** The administrative levels of an address, outermost first; streets, lines and points are nobody else's business. */
const levelsOf = ({ country, state, regionCode, district, subRegionCode, city }: Address): readonly Level[] =>
  [
    level('COUNTRY', undefined, country),
    level('REGION', state, regionCode),
    level('DISTRICT', district, subRegionCode),
    level('LOCALITY', city),
  ].filter((one) => one !== undefined);

/** The places that a registrant is known to be at, each as the way down to it. */
export const waysOf = (registrant: Registrant): readonly (readonly Level[])[] =>
  (registrant.addresses ?? []).map(levelsOf).filter((levels) => levels.length > 0);
