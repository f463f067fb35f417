import { isEqualJson } from '../../core/equal.ts';
import { newRandomId } from '../../core/ids.ts';
import { type CentralError, isCentralError } from '../central/answer.ts';
import type { Publish } from '../mapping/model.ts';
import type { PollContext } from '../ports.ts';
import { type Published, type Sent, writeEntities } from './entities.store.ts';
import type { EntityList, EntityState } from './entity-list.ts';
import { takeFieldValues } from './read-back.ts';
import { ownPart } from './render.ts';

/** An entity of ours, and how it shall be. */
export interface Push {
  readonly one: Published;
  readonly wanted: Sent;
  readonly hash: string;
}

export interface PushDeps {
  readonly context: PollContext;
  readonly list: EntityList;
  readonly publish: Publish;
}

const isRefusal = (error: unknown): error is CentralError =>
  isCentralError(error) && error.status >= 400 && error.status < 500 && error.status !== 403;

const note = ({ context }: PushDeps, entities: readonly Published[]): Promise<void> =>
  context.write((tx) => writeEntities(tx, context.source.name, entities));

const done = ({ one, wanted, hash }: Push, version: number, conflict: string | null = null): Published => ({
  ...one,
  state: 'live',
  version,
  hash,
  sent: wanted,
  conflict,
  problem: null,
  dirty: false,
});

/** Central refuses it as it is: it waits until the registrant or the mapping changes, and does not stop the others. */
const refuse = async (deps: PushDeps, { one }: Push, error: CentralError): Promise<void> => {
  const { log, source } = deps.context;
  log.warn({ source: source.name, registrant: one.registrant, code: error.code }, 'Central refuses an entity');
  await note(deps, [{ ...one, problem: `refused: ${error.code ?? error.status}`, dirty: false }]);
};

/** What of it is ours to say and not yet so in Central; `undefined` when nothing is. */
const changeOf = (push: Push, now: Sent, publish: Publish): Partial<Sent> | undefined => {
  const wanted = ownPart(push.wanted, publish);
  const data = Object.fromEntries(
    Object.entries(wanted.data).filter(([name, value]) => value !== (now.data[name] ?? '')),
  );
  const label = wanted.label === now.label ? {} : { label: wanted.label };
  // A version is written even when nothing changes, and every phone would fetch the list anew.
  return Object.keys(data).length === 0 && !('label' in label) ? undefined : { ...label, data };
};

/** Brings an entity to its wanted state, given how it stands; the field's own properties stay the field's. */
const bring = async (deps: PushDeps, push: Push, now: EntityState): Promise<void> => {
  const change = changeOf(push, now, deps.publish);
  const reached = change ? await deps.list.update(now.uuid, now.version, change) : now;
  const { label, data, version, conflict } = reached;
  await note(deps, [{ ...done(push, version, conflict), sent: { label, data } }]);
};

/** Takes over how an entity stands, what the field wrote into it first, and goes on from there. */
const adopt = async (deps: PushDeps, push: Push, state: EntityState): Promise<void> => {
  const { one } = push;
  // Of an entity never seen before, what it holds of the field's is what we sent, or newer.
  const known = { ...one, sent: one.sent ?? push.wanted };
  const [seen = known] = await takeFieldValues(deps.context, deps.publish, [{ one: known, state }]);
  await bring(deps, { ...push, one: seen }, state);
};

/** The entity is in the trash, or gone for good: back with it, or a new one. */
const revive = async (deps: PushDeps, push: Push): Promise<void> => {
  const { list } = deps;
  const state = (await list.restore(push.one.uuid)) ? await list.get(push.one.uuid) : undefined;
  if (state) return await adopt(deps, push, state);
  const one: Published = { ...push.one, uuid: newRandomId(), state: 'attempted', version: null, sent: null };
  await note(deps, [one]);
  const made = await list.create({ uuid: one.uuid, ...push.wanted });
  await note(deps, [done({ ...push, one }, made.version)]);
};

const createOne = async (deps: PushDeps, push: Push): Promise<void> => {
  const { uuid } = push.one;
  try {
    const { version } = await deps.list.create({ uuid, ...push.wanted });
    await note(deps, [done(push, version)]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const existing = error.code === 409.3 ? await deps.list.get(uuid) : undefined;
    if (existing) await adopt(deps, push, existing);
    else if (error.code === 409.19) await revive(deps, push);
    else await refuse(deps, push, error);
  }
};

/** Creates in bulk; a refused bulk is halved until the culprit stands alone. */
export const createAll = async (deps: PushDeps, pushes: readonly Push[]): Promise<void> => {
  const [first] = pushes;
  if (!first) return;
  if (pushes.length === 1) return await createOne(deps, first);
  try {
    await deps.list.createAll(pushes.map(({ one, wanted }) => ({ uuid: one.uuid, ...wanted })));
    await note(
      deps,
      pushes.map((push) => done(push, 1)),
    ); // prettier-ignore
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const middle = pushes.length >> 1;
    await createAll(deps, pushes.slice(0, middle));
    await createAll(deps, pushes.slice(middle));
  }
};

/** Creations of which nobody knows whether they came through: Central is asked, and those that did are adopted. */
export const resume = async (deps: PushDeps, pushes: readonly Push[]): Promise<readonly Push[]> => {
  const found = new Map((await deps.list.byUuids(pushes.map(({ one }) => one.uuid))).map((one) => [one.uuid, one]));
  for (const push of pushes) {
    const state = found.get(push.one.uuid);
    if (state) await adopt(deps, push, state);
  }
  return pushes.filter(({ one }) => !found.has(one.uuid));
};

/** After Central said that the entity is not as we knew it: as it is now, merged with; gone, brought back. */
const reconcile = async (deps: PushDeps, push: Push, current: EntityState | undefined): Promise<void> => {
  try {
    if (current) await adopt(deps, push, current);
    else await revive(deps, push);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Changed again in between: another poll's turn.
    if (error.code !== 409.15) await refuse(deps, push, error);
  }
};

/** Updates one; whoever was quicker is read and merged with, once. */
export const updateOne = async (deps: PushDeps, push: Push): Promise<void> => {
  const { one } = push;
  const { sent, uuid, version, conflict } = one;
  if (one.state === 'gone') return await reconcile(deps, push, undefined);
  if (sent === null || version === null) return await createOne(deps, push);
  try {
    await bring(deps, push, { ...sent, uuid, version, conflict, updatedAt: null });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (error.code === 409.15) await reconcile(deps, push, await deps.list.get(uuid));
    else if (error.status === 404) await reconcile(deps, push, undefined);
    else await refuse(deps, push, error);
  }
};

/** Whether an entity has to be sent at all. */
export const isSame = ({ one, wanted, hash }: Push, publish: Publish): boolean =>
  one.state === 'live' &&
  (one.hash === hash || (one.sent !== null && isEqualJson(ownPart(one.sent, publish), ownPart(wanted, publish))));
