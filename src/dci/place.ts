import type { RegistryName } from './registries/registry.ts';

/** Which registry an endpoint speaks for, and what the sender may ask of this server. */
export interface Place {
  readonly registry: RegistryName;
  /** A neutral path (`/registry/…`) lets `reg_type` choose another registry; a named one does not (dci.md §9.1). */
  readonly neutral: boolean;
  readonly mayUse: (registry: RegistryName) => boolean;
}
