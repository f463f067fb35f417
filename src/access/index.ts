export * from './clients/index.ts';
export * from './peers/index.ts';
export * from './policy/index.ts';
export type { Asking, CredentialsPlace, Peer, PeerDirectory } from './ports.ts';
