export * from './clients/index.ts';
export * from './peers/index.ts';
export type { Peer, PeerDirectory } from './ports.ts';
