import { isEqualJson } from '../../core/equal.ts';
import { newId } from '../../core/ids.ts';
import type { Draft, Kind, Kinship } from '../../registry/index.ts';
import type { IdentifierKey } from '../../registry/resource/index.ts';
import type { IncomingRecord } from './incoming.ts';
import { claimsOf, keyOf } from './slots.ts';

export interface Holder {
  readonly id: string;
  readonly kind: Kind;
}

/** Tells whose record a record is: by what the registry holds, and by what the batch has brought so far. */
export interface Who {
  /** The id of the record's registrant (a new one when nobody holds its identifiers), or why it cannot be told. */
  identify(record: IncomingRecord): string | { readonly fault: string };
  /** As `identify`, for a member that may have no identifier: its name and birth date tell it apart in its group. */
  identifyMember(record: IncomingRecord, groupId: string): string | { readonly fault: string };
  /** Who is meant by a reference; the first reading that somebody answers to. */
  find(references: readonly IdentifierKey[]): Holder | undefined;
  /** From now on the record's identifiers mean this registrant. */
  learn(record: IncomingRecord, id: string, groupId?: string): void;
}

const aOf = (kind: Kind): string => (kind === 'group' ? 'a group' : 'an individual');

const looksLike = (a: Draft, b: Draft): boolean =>
  a.kind === 'individual' &&
  b.kind === 'individual' &&
  a.name !== undefined &&
  isEqualJson(a.name, b.name) &&
  a.birthDate === b.birthDate;

export const createWho = (
  holders: ReadonlyMap<string, Holder>,
  kinships: ReadonlyMap<string, readonly Kinship[]>,
  today: string,
): Who => {
  const owners = new Map(holders);
  const membersOf = new Map<string, { readonly id: string; readonly draft: Draft }[]>();
  for (const [groupId, list] of kinships) {
    const live = list.filter(({ membership }) => membership.live);
    membersOf.set(
      groupId,
      live.map(({ other }) => ({ id: other.id, draft: other })),
    );
  }

  const byClaims = (record: IncomingRecord): Holder | { readonly fault: string } | undefined => {
    const found = new Map<string, Holder>();
    for (const claim of claimsOf(record, today)) {
      const owner = owners.get(keyOf(claim));
      if (owner) found.set(owner.id, owner);
    }
    if (found.size > 1) return { fault: 'its identifiers belong to different registrants' };
    const [holder] = found.values();
    if (holder && holder.kind !== record.draft.kind) return { fault: `its identifier belongs to ${aOf(holder.kind)}` };
    return holder;
  };

  return {
    identify(record) {
      if (claimsOf(record, today).length === 0) return { fault: 'it has no identifier that is in force' };
      const holder = byClaims(record);
      if (!holder) return record.systemId ?? newId();
      return 'fault' in holder ? holder : holder.id;
    },
    identifyMember(record, groupId) {
      if (claimsOf(record, today).length > 0) return this.identify(record);
      const known = membersOf.get(groupId)?.find(({ draft }) => looksLike(draft, record.draft));
      return known?.id ?? newId();
    },
    find(references) {
      for (const reference of references) {
        const owner = owners.get(keyOf(reference));
        if (owner) return owner;
      }
      return undefined;
    },
    learn(record, id, groupId) {
      for (const claim of claimsOf(record, today)) owners.set(keyOf(claim), { id, kind: record.draft.kind });
      if (groupId !== undefined) {
        membersOf.set(groupId, [...(membersOf.get(groupId) ?? []), { id, draft: record.draft }]);
      }
    },
  };
};
