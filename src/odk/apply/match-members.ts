import type { MappedMember } from '../mapping/map.ts';
import type { KnownMember, Likeness } from '../members.store.ts';
import { likelihood, likenessOf, SAME_PERSON } from './likeness.ts';

/** A member as told now, with the one it was before; absent: somebody new. */
export interface MatchedMember {
  readonly member: MappedMember;
  readonly known: KnownMember | undefined;
}

export interface MatchedMembers {
  readonly present: readonly MatchedMember[];
  /** Members who were there and are told of no more. */
  readonly gone: readonly KnownMember[];
}

/** `rank:value` → rank. */
const rankOf = (key: string): number => Number(key.slice(0, key.indexOf(':')));

const isNameless = ({ given, family }: Likeness): boolean => `${given}${family}`.trim() === '';

/** Of two without a name only the place in the list can tell. */
const likelihoodAt = (position: number, likeness: Likeness, one: KnownMember): number => {
  if (!isNameless(likeness) || !isNameless(one.likeness)) return likelihood(likeness, one.likeness);
  return position === one.position && likeness.birthDate === one.likeness.birthDate ? SAME_PERSON : 0;
};

/** Identifiers that the registry has of a known member, each as one text; the same that a member as told now names. */
export interface Held {
  readonly ofKnown: (individual: string) => readonly string[];
  readonly ofTold: (member: MappedMember) => readonly string[];
}

/**
 * Finds out who is who after an edit (odk.md §18.4): first by key, the most trusted kind of key before the others; then
 * by an identifier that a member holds already, as nobody else can; then by likeness of name and birth date, the likest pair first. Whoever left before may be found again, and is then the
 * same person. The place in the list counts for nothing where there is a name: the first may have been taken out.
 */
export const matchMembers = (
  members: readonly MappedMember[],
  known: readonly KnownMember[],
  held: Held,
): MatchedMembers => {
  if (known.length === 0) return { present: members.map((member) => ({ member, known: undefined })), gone: [] };
  // Who is there comes before who has left.
  const candidates = [...known].sort((a, b) => Number(b.live) - Number(a.live));
  const found = new Map<MappedMember, KnownMember>();
  const taken = new Set<KnownMember>();
  const pair = (member: MappedMember, one: KnownMember): void => {
    found.set(member, one);
    taken.add(one);
  };

  const byKey = new Map<string, KnownMember>();
  for (const one of candidates) for (const key of one.keys) if (!byKey.has(key)) byKey.set(key, one);
  const keyed = members
    .flatMap((member) => member.keys.map((key) => ({ member, key })))
    .sort((a, b) => rankOf(a.key) - rankOf(b.key));
  for (const { member, key } of keyed) {
    const one = byKey.get(key);
    if (one && !found.has(member) && !taken.has(one)) pair(member, one);
  }

  const holders = new Map(candidates.flatMap((one) => held.ofKnown(one.individual).map((key) => [key, one] as const)));
  for (const member of members) {
    if (found.has(member)) continue;
    const one = held
      .ofTold(member)
      .flatMap((key) => holders.get(key) ?? [])
      .find((holder) => !taken.has(holder));
    if (one) pair(member, one);
  }

  const pairs = members
    .filter((member) => !found.has(member))
    .flatMap((member) => {
      const likeness = likenessOf(member.registrant.draft);
      return candidates
        .filter((one) => !taken.has(one))
        .map((one) => ({ member, one, likely: likelihoodAt(member.position, likeness, one) }));
    })
    .filter(({ likely }) => likely >= SAME_PERSON)
    .sort(
      (a, b) =>
        b.likely - a.likely ||
        Number(b.one.live) - Number(a.one.live) ||
        Math.abs(a.member.position - a.one.position) - Math.abs(b.member.position - b.one.position),
    );
  for (const { member, one } of pairs) if (!found.has(member) && !taken.has(one)) pair(member, one);

  return {
    present: members.map((member) => ({ member, known: found.get(member) })),
    gone: known.filter((one) => one.live && !taken.has(one)),
  };
};
