import { knexOf, type Reader } from '../storage/index.ts';

/** What there is to watch of the outgoing messages. */
export interface Backlog {
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest of those that wait was enqueued; milliseconds since the epoch. */
  readonly oldest?: number;
}

/** Counts through the indexes of what waits and what is dead: what was delivered, the most by far, is not looked at. */
export const readBacklog = async (reader: Reader): Promise<Backlog> => {
  const knex = knexOf(reader);
  const count = async (state: 'waiting' | 'dead'): Promise<number> => {
    const [row]: { n: number }[] = await knex('deliveries').whereRaw(`state = '${state}'`).count({ n: '*' });
    return Number(row?.n ?? 0);
  };
  const first: { created_at?: string | null } | undefined = await knex('deliveries')
    .whereRaw("state = 'waiting'")
    .min({ created_at: 'created_at' })
    .first();
  return {
    waiting: await count('waiting'),
    dead: await count('dead'),
    ...(first?.created_at ? { oldest: Date.parse(first.created_at) } : {}),
  };
};
