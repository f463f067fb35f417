import { SYSTEM_ID, toIdentifierTypeUri } from '../identifier-types.ts';
import { isLiveIdentifier } from '../liveness.ts';
import type { Identifier, Kind, Registrant } from '../model.ts';
import { type ReadSystem, readIdTypeSystem } from './systems.ts';

/** The resource type of a kind, as references and `type` name it. */
export const resourceTypes = { individual: 'Individual', group: 'Group' } as const satisfies Record<Kind, string>;

export type IdentifierKey = Pick<Identifier, 'type' | 'value'>;

/**
 * The identifier by which others refer to a registrant: its first live one, else the id it has for life. So a
 * reference can always be followed (api-v2.md §6), and stays readable for people who know the card's number.
 */
export const referenceIdentifier = (registrant: Registrant, today: string): IdentifierKey =>
  registrant.identifiers.find((identifier) => isLiveIdentifier(identifier, today)) ?? {
    type: SYSTEM_ID,
    value: registrant.id,
  };

/** `Individual/urn:openspp:vocab:id-type#national_id|KE-4471`, raw: links encode it, JSON does not. */
export const toReference = (registrant: Registrant, today: string): string => {
  const { type, value } = referenceIdentifier(registrant, today);
  return `${resourceTypes[registrant.kind]}/${toIdentifierTypeUri(type)}|${value}`;
};

const decode = (text: string): string | undefined => {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/**
 * The identifiers that `system|value` may mean, most likely first.
 *
 * Clients send it raw, with only the system percent-encoded, or encoded as a whole (api-v2.md §6). A raw value may
 * itself hold a percent sign, so a text can have two readings; whoever looks them up takes the first that exists.
 */
export const readSystemValue = (
  text: string,
  readSystem: ReadSystem = readIdTypeSystem,
): readonly IdentifierKey[] | undefined => {
  const readings: IdentifierKey[] = [];
  const add = (system: string | undefined, value: string | undefined): void => {
    const type = system === undefined ? undefined : readSystem(system);
    if (type === undefined || !value) return;
    if (!readings.some((known) => known.type === type && known.value === value)) readings.push({ type, value });
  };
  const bar = text.indexOf('|');
  if (bar >= 0) {
    add(decode(text.slice(0, bar)), text.slice(bar + 1));
    add(decode(text.slice(0, bar)), decode(text.slice(bar + 1)));
  } else {
    const whole = decode(text);
    const inner = whole?.indexOf('|') ?? -1;
    if (whole !== undefined && inner >= 0) add(whole.slice(0, inner), whole.slice(inner + 1));
  }
  return readings.length > 0 ? readings : undefined;
};

/** As `readSystemValue` for `Individual/system|value`; `undefined` when it is no reference to that kind. */
export const readReference = (
  reference: string,
  kind: Kind,
  readSystem?: ReadSystem,
): readonly IdentifierKey[] | undefined => {
  const slash = reference.indexOf('/');
  if (slash < 0 || reference.slice(0, slash) !== resourceTypes[kind]) return undefined;
  return readSystemValue(reference.slice(slash + 1), readSystem);
};
