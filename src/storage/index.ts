export { createBatcher } from './batcher.ts';
export { type BlobStore, openFolderBlobs, type StoredBlob } from './blobs.ts';
export type { Database } from './database.ts';
export { openDatabase } from './open.ts';
export { type Scratch, scratchSchema } from './scratch.ts';
export { anyOf, columnOf, insertReturning, insertRows, listOf, preparedRowsOf, rowsOf } from './statement.ts';
export { ANYTHING, touch, wake } from './touch.ts';
export { afterCommit, atEnd, knexOf, type Profile, type Reader, type Tx, takeOrder } from './tx.ts';
