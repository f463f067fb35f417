import type { Json } from '../../core/json.ts';
import { type Draft, type Registrant, toDraft } from '../../registry/index.ts';
import type { Publish } from '../mapping/model.ts';
import { fieldTarget } from '../mapping/published-targets.ts';
import type { Sent } from './entities.store.ts';

/** A number stays one when the field writes another: entities know text alone. */
const likeBefore = (value: string, before: Json | undefined): Json =>
  typeof before === 'number' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;

const without = <T extends object>(of: T | undefined, name: string): Record<string, unknown> => {
  const { [name]: _gone, ...rest } = (of ?? {}) as Record<string, unknown>;
  return rest;
};

/** Writes one value of the field to its place in a draft; `""` clears. */
const put = (draft: Draft, path: string, value: string): Draft => {
  const target = fieldTarget(path);
  if (!target) return draft;
  const { name } = target;
  switch (target.part) {
    case 'attributes': {
      const rest = without(draft.attributes, name);
      const before = draft.attributes?.[name];
      return { ...draft, attributes: (value === '' ? rest : { ...rest, [name]: likeBefore(value, before) }) as never };
    }
    case 'telecom': {
      const others = (draft.telecom ?? []).filter(({ system }) => system !== name);
      const own = value === '' ? [] : [{ system: name as 'phone', value }];
      return { ...draft, telecom: [...own, ...others] };
    }
    case 'name': {
      if (draft.kind === 'group') {
        const { name: _gone, ...rest } = draft;
        return value === '' ? rest : { ...rest, name: value };
      }
      const rest = without(draft.name, name);
      return { ...draft, name: (value === '' ? rest : { ...rest, [name]: value }) as never };
    }
  }
};

/**
 * The registrant with what the field wrote into properties of its own since `known`; `undefined` when it wrote nothing
 * of that kind.
 */
export const withFieldValues = (
  registrant: Registrant,
  publish: Publish,
  known: Sent | null,
  now: Sent,
): Draft | undefined => {
  let draft = toDraft(registrant);
  let changed = false;
  for (const { name, owner, target } of publish.properties) {
    const value = now.data[name] ?? '';
    if (owner !== 'field' || target === undefined || value === (known?.data[name] ?? '')) continue;
    draft = put(draft, target, value);
    changed = true;
  }
  return changed ? draft : undefined;
};
