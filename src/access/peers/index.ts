export { type AskingSettings, openAsking } from './asking.ts';
export { createPeerDirectory } from './directory.ts';
export { createPeers, type PeerSettings, type Peers } from './peers.ts';
export { hasScope, type PeerOperation, peerOperations } from './scopes.ts';
