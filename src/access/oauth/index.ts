export { type Attempts, createAttempts } from './attempts.ts';
export { createGrant, type Granted, type GrantModel } from './grant.ts';
export { readTokenRequest, type TokenRequest } from './read-request.ts';
export { OAuthRefusal } from './refusal.ts';
