import { Fault } from '../../core/fault.ts';
import { domains, type PeerOperation, peerOperations } from './operations.ts';

/** Checks that a scope names an operation and, before a colon, a registry. */
export const checkPeerScope = (scope: string): string => {
  const [first = '', second] = scope.split(':');
  const [domain, operation] = second === undefined ? [undefined, first] : [first, second];
  if (domain !== undefined && !domains.some((one) => one === domain)) {
    throw new Fault('peer.invalid', `"${domain}" in scope "${scope}" is not a registry: one of ${domains.join(', ')}`);
  }
  if (!peerOperations.some((one) => one === operation)) {
    throw new Fault('peer.invalid', `"${operation}" is not an operation: one of ${peerOperations.join(', ')}`);
  }
  return scope;
};

/** Whether a peer may do an operation in a registry; a peer without scopes may do everything. */
export const hasScope = (
  peer: { readonly scopes: readonly string[] },
  operation: PeerOperation,
  domain: string,
): boolean =>
  peer.scopes.length === 0 || peer.scopes.includes(operation) || peer.scopes.includes(`${domain}:${operation}`);
