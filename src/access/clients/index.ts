export type { Client } from './client.ts';
export { type Clients, createClients } from './clients.ts';
export { allows, parseScope, type Scope, showScope } from './scope.ts';
export { type ClientTokens, createClientTokens, requireScope, TOKEN_SECONDS } from './token.ts';
export { keptTokenSecret } from './token-secret.ts';
