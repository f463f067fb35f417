export { createPeerTokens, PEER_TOKEN_SECONDS, type PeerTokens } from './peer-tokens.ts';
