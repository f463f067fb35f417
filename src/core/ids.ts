import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** A new sortable id (UUID version 7): rows made later sort later, which keeps indexes dense. */
export const newId = (): string => v7();

/** A new id without order (UUID version 4), for places that demand it (ODK entities) or must not tell a time. */
export const newRandomId = (): string => randomUUID();
