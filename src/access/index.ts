export * from './audit/index.ts';
export * from './clients/index.ts';
export * from './oauth/index.ts';
export * from './peers/index.ts';
export * from './policy/index.ts';
export type { Asking, CredentialsPlace, Peer, PeerDirectory, TokenIssuer } from './ports.ts';
export * from './tokens/index.ts';
