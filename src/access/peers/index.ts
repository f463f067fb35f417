export { type AskingSettings, openAsking } from './asking.ts';
export { createPeerDirectory } from './directory.ts';
export type { IssuerSettings } from './issuer.ts';
export { narrowScopes } from './narrow.ts';
export { type PeerOperation, peerOperations } from './operations.ts';
export { createPeers, type PeerSettings, type Peers } from './peers.ts';
export { hasScope } from './scopes.ts';
