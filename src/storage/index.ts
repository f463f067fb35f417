export { createBatcher } from './batcher.ts';
export { type Database, openDatabase } from './database.ts';
export { touch, wake } from './touch.ts';
export { afterCommit, atEnd, knexOf, type Profile, type Reader, type Tx } from './tx.ts';
