import { createHash } from 'node:crypto';
import type { Registrant, Registry } from '../../registry/index.ts';
import { toGroupResource, toIndividualResource } from '../../registry/resource/index.ts';
import type { Engine } from '../mapping/expressions/engine.ts';
import type { Language } from '../mapping/expressions/language.ts';
import type { Publish } from '../mapping/model.ts';
import type { Sent } from './entities.store.ts';

/** A registrant as its entity shall be, or why that cannot be said. */
export type Rendered = { readonly wanted: Sent; readonly hash: string } | { readonly problem: string };

/** Properties are text, whatever the expression gave; no value is `""`. */
const toText = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 1 ? toText(value[0]) : value.map(toText).join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** What is ours to say of an entity: a change of the rest is none of our business. */
export const ownPart = ({ label, data }: Sent, publish: Publish): Sent => ({
  label,
  data: Object.fromEntries(
    publish.properties.flatMap(({ name, owner }) => (owner === 'registry' ? [[name, data[name] ?? '']] : [])),
  ),
});

const hashOf = (own: Sent): string => createHash('sha256').update(JSON.stringify(own)).digest('base64url');

/** Makes entities of registrants: the expressions of `publish` see them as API V2 shows them. */
export const renderEntities = async (
  {
    engine,
    registry,
    language,
    today,
  }: {
    readonly engine: Engine;
    readonly registry: Registry;
    readonly language: Language;
    readonly today: string;
  },
  publish: Publish,
  registrants: readonly Registrant[],
): Promise<ReadonlyMap<string, Rendered>> => {
  const groups = registrants.filter(({ kind }) => kind === 'group').map(({ id }) => id);
  const kinships = groups.length > 0 ? await registry.kinships(groups) : new Map();
  const texts = registrants.map((one) =>
    JSON.stringify(
      one.kind === 'group'
        ? toGroupResource(one, kinships.get(one.id) ?? [], { today })
        : toIndividualResource(one, [], { today }),
    ),
  );
  const expressions = [publish.label, ...publish.properties.map(({ value }) => value)];
  const outcomes = await engine.evaluate(
    expressions.map((source) => ({ source, language, chain: [] })),
    texts,
  );
  return new Map(
    registrants.map((registrant, at): [string, Rendered] => {
      const results = expressions.map((_, number) => outcomes[at]?.[number]?.[0] ?? { error: 'was not answered' });
      const failed = results.findIndex(({ error }) => error !== undefined);
      if (failed >= 0) {
        const name = failed === 0 ? 'label' : publish.properties[failed - 1]?.name;
        return [registrant.id, { problem: `${name}: ${results[failed]?.error}` }];
      }
      const [label, ...values] = results.map(({ value }) => toText(value));
      const wanted: Sent = {
        // Central refuses a blank label; a registrant without a name is still to be found.
        label: label?.trim() ? label : registrant.id,
        data: Object.fromEntries(publish.properties.map(({ name }, number) => [name, values[number] ?? ''])),
      };
      return [registrant.id, { wanted, hash: hashOf(ownPart(wanted, publish)) }];
    }),
  );
};
