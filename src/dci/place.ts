import { type Asker, type Permission, type PolicyQuestion, permit } from '../access/index.ts';
import type { Operation } from './operations.ts';
import type { RegistryName } from './registries/registry.ts';

/** Which registry an endpoint speaks for, and what the sender may ask of this server. */
export interface Place {
  readonly registry: RegistryName;
  /** A neutral path (`/registry/…`) lets `reg_type` choose another registry; a named one does not (dci.md §9.1). */
  readonly neutral: boolean;
  /** What the sender may ask and see there; throws `policy.refused`. */
  readonly permit: (asking: Omit<PolicyQuestion, 'operation'> & { readonly registry: RegistryName }) => Permission;
}

/** The place of a call: `named` is the registry of its path, `configured` the one behind neutral paths. */
export const placeOf = (
  peer: Asker,
  operation: Pick<Operation, 'scope' | 'registries'>,
  { named, configured }: { readonly named?: RegistryName | undefined; readonly configured: RegistryName },
): Place => ({
  registry: named ?? operation.registries?.[0] ?? configured,
  neutral: named === undefined,
  permit: (asking) => permit(peer, { operation: operation.scope, ...asking }),
});
