import { Fault } from '../../core/fault.ts';
import { dayOf } from '../../registry/index.ts';
import { isCentralError } from '../central/answer.ts';
import type { Engine } from '../mapping/expressions/engine.ts';
import type { PollContext, PollStage } from '../ports.ts';
import { noteCandidates } from './candidates.ts';
import { type Published, readDirty, writeEntities } from './entities.store.ts';
import { createEntityList } from './entity-list.ts';
import { createAll, isSame, type Push, type PushDeps, resume, updateOne } from './push.ts';
import { readBack } from './read-back.ts';
import { renderEntities } from './render.ts';

/** As many as Central creates in one transaction within a moment (odk.md §12). */
const BULK = 500;

/** Out of the list with those whom the registry no longer holds as active: nobody shall visit them. */
const takeOut = async ({ context, list }: PushDeps, published: readonly Published[]): Promise<void> => {
  for (const one of published) {
    const isThere = one.state === 'live' || one.state === 'attempted';
    if (isThere) await list.remove(one.uuid);
    const state = isThere ? 'gone' : one.state;
    await context.write((tx) => writeEntities(tx, context.source.name, [{ ...one, state, hash: null, dirty: false }]));
  }
};

const pushBatch = async (deps: PushDeps, engine: Engine, dirty: readonly Published[]): Promise<void> => {
  const { context, publish } = deps;
  const { registry, mapping, clock, source, write } = context;
  const registrants = await registry.load(dirty.map(({ registrant }) => registrant));
  const active = [...registrants.values()].filter(({ active: isActive }) => isActive);
  const rendered = await renderEntities(
    { engine, registry, language: mapping.language, today: dayOf(clock()) },
    publish,
    active,
  );
  await takeOut(
    deps,
    dirty.filter(({ registrant }) => !rendered.has(registrant)),
  );
  const pushes: Push[] = [];
  const settled: Published[] = [];
  for (const one of dirty) {
    const as = rendered.get(one.registrant);
    if (!as) continue;
    if ('problem' in as) settled.push({ ...one, problem: as.problem, dirty: false });
    else if (isSame({ one, ...as }, publish)) settled.push({ ...one, hash: as.hash, problem: null, dirty: false });
    else pushes.push({ one, ...as });
  }
  const inState = (...states: Published['state'][]) => pushes.filter(({ one }) => states.includes(one.state));
  const creating = [...inState('new'), ...(await resume(deps, inState('attempted')))].map((push) => ({
    ...push,
    one: { ...push.one, state: 'attempted' as const },
  }));
  // Noted before anything is sent: whoever is killed now will ask what came of it.
  await write((tx) => writeEntities(tx, source.name, [...settled, ...creating.map(({ one }) => one)])); // prettier-ignore
  await createAll(deps, creating);
  for (const push of inState('live', 'gone')) await updateOne(deps, push);
};

const run = async (context: PollContext, engine: Engine): Promise<void> => {
  const { mapping, source, db, client, clock, eager } = context;
  const { publish } = mapping;
  if (!publish) return;
  const names = publish.properties.map(({ name }) => name);
  const list = createEntityList(client, source.settings.project, publish.dataset, names);
  const deps: PushDeps = { context, list, publish };
  try {
    await noteCandidates(context, mapping, publish);
    if (!(await list.prepare())) {
      context.log.error({ source: source.name }, 'this ODK Central knows no entity lists: nobody is published');
      return;
    }
    if (publish.properties.some(({ owner }) => owner === 'field')) await readBack(context, list, publish);
    const until = eager ? Number.POSITIVE_INFINITY : clock() + source.settings.everyMs;
    let after = '';
    while (clock() <= until) {
      const from = after;
      const dirty = await db.read((reader) => readDirty(reader, source.name, from, BULK));
      const last = dirty.at(-1);
      if (!last) return;
      after = last.registrant;
      await pushBatch(deps, engine, dirty);
    }
  } catch (error) {
    if (!isCentralError(error, 403)) throw error;
    throw new Fault('odk.not-permitted', 'the account may not write entities: publishing needs a Project Manager');
  }
};

/** Gives registrants back to the field as an entity list, and takes back what follow-up forms wrote (odk.md §12). */
export const createPublishStage = (engine: Engine): PollStage => ({
  name: 'publish',
  run: (context) => run(context, engine),
});
