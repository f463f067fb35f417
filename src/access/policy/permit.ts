import { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Query, Sort } from '../../registry/query/ast.ts';
import type { PeerOperation } from '../peers/operations.ts';
import { hasScope } from '../peers/scopes.ts';
import type { Peer } from '../ports.ts';
import { allowsWord, askedOf } from './asked.ts';
import { claimsIn } from './claims.ts';
import { keepFields } from './keep-fields.ts';
import { EVERYTHING, type RegistryPolicy, rulesFor } from './policy.ts';

/** Whose rights are asked about. */
export type Asker = Pick<Peer, 'scopes' | 'policy'>;

/** One question of a peer, or one filter of a subscription of its. */
export interface PolicyQuestion {
  readonly operation: PeerOperation;
  readonly registry: string;
  readonly query?: Query;
  readonly sort?: readonly Sort[];
  /** Where `consent` and `authorize` may stand: the criteria, and the item that holds them. */
  readonly said: readonly unknown[];
}

/** What comes with a permission. */
export interface Permission {
  /** The record as this peer may see it. */
  readonly reveal: (record: JsonObject) => JsonObject;
}

const OPEN: Permission = { reveal: (record) => record };

const refuse = (message: string): Fault => new Fault('policy.refused', message);

const namesOperation = ({ operations }: RegistryPolicy, operation: PeerOperation): boolean =>
  operations.includes(EVERYTHING) || operations.includes(operation);

/** Whether a peer may use an operation in a registry at all, by its scopes and by its policy. */
export const mayUse = (peer: Asker, operation: PeerOperation, registry: string): boolean => {
  if (!hasScope(peer, operation, registry)) return false;
  if (!peer.policy) return true;
  const rules = rulesFor(peer.policy, registry);
  return rules !== undefined && namesOperation(rules, operation);
};

const checkAttributes = (rules: RegistryPolicy, { query, sort, registry }: PolicyQuestion): void => {
  if (rules.attributes.includes(EVERYTHING)) return;
  for (const word of askedOf(query, sort)) {
    if (!allowsWord(rules.attributes, word)) {
      throw refuse(`the policy for this sender does not let it ask about ${word} in the ${registry} registry`);
    }
  }
};

const checkClaims = ({ purposes, consent }: RegistryPolicy, said: readonly unknown[]): void => {
  if (!purposes && !consent) return;
  const claims = claimsIn(said);
  if (purposes && !claims.purposes.some((code) => purposes.includes(code))) {
    throw refuse(`authorize.purpose.code: the policy for this sender asks for one of ${purposes.join(', ')}`);
  }
  if (consent && !claims.hasConsent) throw refuse('consent: the policy for this sender asks for one');
};

/**
 * What a peer may ask and see is decided here, for searches at once and later, for filters of subscriptions and for
 * what they send. Throws `policy.refused` with the reason, which holds names and never values.
 *
 * A peer without a policy may ask everything that its scopes allow; with one, only what it names.
 */
export const permit = (peer: Asker, asking: PolicyQuestion): Permission => {
  const { operation, registry } = asking;
  if (!hasScope(peer, operation, registry)) throw refuse(`the ${registry} registry is not open to this sender`);
  if (!peer.policy) return OPEN;
  const rules = rulesFor(peer.policy, registry);
  if (!rules) throw refuse(`the ${registry} registry is not open to this sender`);
  if (!namesOperation(rules, operation)) {
    throw refuse(`the policy for this sender does not name ${operation} in the ${registry} registry`);
  }
  checkAttributes(rules, asking);
  checkClaims(rules, asking.said);
  const { fields } = rules;
  return fields.includes(EVERYTHING) ? OPEN : { reveal: (record) => keepFields(record, fields) };
};
