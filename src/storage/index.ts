export { createBatcher } from './batcher.ts';
export type { Database } from './database.ts';
export { openDatabase } from './open.ts';
export { touch, wake } from './touch.ts';
export { afterCommit, atEnd, knexOf, type Profile, type Reader, type Tx } from './tx.ts';
