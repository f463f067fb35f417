export { keepFields } from './keep-fields.ts';
export { type Asker, mayUse, type Permission, type PolicyQuestion, permit } from './permit.ts';
export type { PeerPolicy, RegistryPolicy } from './policy.ts';
export { readPolicy } from './read-policy.ts';
