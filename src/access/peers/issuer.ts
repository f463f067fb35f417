import { Fault } from '../../core/fault.ts';
import type { TokenIssuer } from '../ports.ts';

/** What an operator says of another issuer of a peer's tokens; in an update, what is absent stays as it is. */
export type IssuerSettings = Partial<TokenIssuer>;

const refuse = (message: string): Fault => new Fault('peer.invalid', message);

/** The issuer as it shall be: `before` with the given settings over it. */
export const toIssuer = (before: TokenIssuer | undefined, given: IssuerSettings): TokenIssuer => {
  const { issuer, jwksUrl, audience, subject } = { ...before, ...given };
  if (!issuer || !jwksUrl || !audience) {
    throw refuse('for tokens of another issuer, its name, its key set address and our audience are needed');
  }
  if (!URL.canParse(jwksUrl) || !/^https?:$/.test(new URL(jwksUrl).protocol)) {
    throw refuse('the key set address of the token issuer must be an http or https URL');
  }
  return { issuer, jwksUrl, audience, ...(subject ? { subject } : {}) };
};
