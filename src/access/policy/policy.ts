import type { PeerOperation } from '../peers/operations.ts';

/** Stands for everything in a list of a policy. */
export const EVERYTHING = '*';

/** What one peer may do in one registry. Each list is closed: what it does not name is refused or left out. */
export interface RegistryPolicy {
  /** Which calls; within them the peer's scopes still hold. */
  readonly operations: readonly (PeerOperation | typeof EVERYTHING)[];
  /**
   * What its questions, filters and orders may be about: names of the attribute catalogue, `attributes.NAME` for an
   * attribute of this deployment, `identifier.TYPE` or `identifier`.
   */
  readonly attributes: readonly string[];
  /** Which members of a record it is shown (keep-fields.ts). */
  readonly fields: readonly string[];
  /** Every question must say one of these as its `purpose.code`; absent: none is needed. */
  readonly purposes?: readonly string[];
  /** Every question must bring a consent. */
  readonly consent?: 'required';
}

/** What a peer may ask and see; a registry that is not named is closed to it. `*` stands for those not named. */
export interface PeerPolicy {
  readonly registries: { readonly [registry: string]: RegistryPolicy };
}

/** The rules for one registry, where there are any. */
export const rulesFor = (policy: PeerPolicy, registry: string): RegistryPolicy | undefined =>
  Object.hasOwn(policy.registries, registry) ? policy.registries[registry] : policy.registries[EVERYTHING];
