import { type Identifier, isLiveIdentifier, type Registry, toIdentifierType } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { Household } from './household.ts';

const keyOf = ({ type, value }: Identifier): string => `${toIdentifierType(type)}\0${value}`;

/** Who holds which identifier as submission after submission of a batch is taken in. */
export interface Claims {
  /** Takes a household in; answers the identifier that another registrant holds, and then takes nothing. */
  take(household: Household): Identifier | undefined;
}

/** Looks up everything that the households of a batch claim, in one statement. */
export const openClaims = async (
  tx: Tx,
  registry: Registry,
  households: readonly Household[],
  today: string,
): Promise<Claims> => {
  const live = (identifiers: readonly Identifier[]): Map<string, Identifier> =>
    new Map(identifiers.filter((one) => isLiveIdentifier(one, today)).map((one) => [keyOf(one), one]));

  const asked = new Map(
    households.flatMap(({ registrants }) => registrants.flatMap(({ draft }) => [...live(draft.identifiers)])),
  );
  const found = await registry.holders([...asked.values()], tx);
  const holders = new Map<string, string>();
  [...asked.keys()].forEach((key, at) => {
    const holder = found[at];
    if (holder) holders.set(key, holder.id);
  });

  return {
    take({ registrants }) {
      const moved = new Map<string, string | undefined>();
      const holderOf = (key: string): string | undefined => (moved.has(key) ? moved.get(key) : holders.get(key));
      // In the registry's own order: what an earlier one lets go, a later one may take.
      for (const { id, current, draft } of registrants) {
        const wanted = live(draft.identifiers);
        for (const key of live(current?.identifiers ?? []).keys()) {
          if (!wanted.has(key) && holderOf(key) === id) moved.set(key, undefined);
        }
        for (const [key, identifier] of wanted) {
          const holder = holderOf(key);
          if (holder !== undefined && holder !== id) return identifier;
          moved.set(key, id);
        }
      }
      for (const [key, owner] of moved) {
        if (owner === undefined) holders.delete(key);
        else holders.set(key, owner);
      }
      return undefined;
    },
  };
};
