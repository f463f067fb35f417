import type { Scope } from './scope.ts';

export const organizationTypes = ['government', 'ngo', 'ingo', 'un', 'private', 'research', 'other'] as const;
export const legalBases = [
  'consent', 'contract', 'legal_obligation', 'vital_interest', 'public_interest', 'public_task', 'legitimate_interest',
] as const; // biome-ignore format: one list, read across

/** An API client (api-v2.md §2.4); its secret is known to nobody here. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  readonly active: boolean;
  readonly organization?: string;
  readonly organizationType?: (typeof organizationTypes)[number];
  readonly legalBasis: (typeof legalBases)[number];
  readonly legalBasisReference?: string;
  readonly requireConsent: boolean;
  readonly rateLimitPerMinute: number;
  readonly rateLimitPerDay: number;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
}
