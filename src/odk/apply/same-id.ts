import { type Identifier, type Registry, toIdentifierType } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { Entry, Place } from '../submissions.store.ts';
import type { Household } from './household.ts';
import { isOfOtherForm } from './same-id.store.ts';

/**
 * One instance id in two forms is two submissions, and two records (odk.md §19, 13). Where both mappings make an
 * identifier of the id, it stays with whom it was given first: answers the other household without it. `undefined`
 * when the identifier is held by anybody else, which makes a duplicate of the household.
 */
export const withoutSharedId = async (
  tx: Tx,
  registry: Registry,
  place: Place,
  { instance_id }: Entry,
  household: Household,
  clash: Identifier,
): Promise<Household | undefined> => {
  const [subject, ...others] = household.registrants;
  if (!subject || clash.value !== instance_id) return undefined;
  const [holder] = await registry.holders([clash], tx);
  if (!holder || !(await isOfOtherForm(tx, place, instance_id, holder.id))) return undefined;
  const isShared = ({ type, value }: Identifier): boolean =>
    value === instance_id && toIdentifierType(type) === toIdentifierType(clash.type);
  const identifiers = subject.draft.identifiers.filter((one) => !isShared(one));
  return { ...household, registrants: [{ ...subject, draft: { ...subject.draft, identifiers } }, ...others] };
};
