import { toTimestamp } from '../../core/clock.ts';
import { Fault } from '../../core/fault.ts';
import { later } from '../../core/order.ts';
import { type Kind, type Kinship, type Registrant, tryCoerce } from '../../registry/index.ts';
import type { ExportDeps, ExportOptions } from './ports.ts';

/** A registrant with everybody it belongs together with, ended memberships included. */
export interface Walked {
  readonly registrant: Registrant;
  readonly kinships: readonly Kinship[];
}

const PAGE = 500;

const kindsOf = ({ kind }: ExportOptions): readonly Kind[] => {
  if (kind === undefined) return ['individual', 'group'];
  if (kind === 'individual' || kind === 'group') return [kind];
  throw new Fault('record.invalid', `the kind ${kind} is not offered yet`);
};

const toSince = (since: string): string => {
  const start = tryCoerce({ type: 'timestamp' }, since);
  if (typeof start !== 'string') throw new Fault('record.invalid', '--since must be a date or an RFC 3339 time');
  return start;
};

/**
 * Everybody to be exported, page by page: individuals, then groups. Deactivated ones too: they are part of what is
 * known.
 *
 * People registered while the groups were being read may be members of groups read since, so they follow at the end:
 * every member that the export names is in it.
 */
export const walkAll = async function* (
  { registry, clock }: ExportDeps,
  options: ExportOptions,
): AsyncGenerator<readonly Walked[]> {
  const kinds = kindsOf(options);
  const startedAt = toTimestamp(clock());
  const since: { readonly since?: string } = options.since === undefined ? {} : { since: toSince(options.since) };
  const withKin = async (page: readonly Registrant[]): Promise<readonly Walked[]> => {
    const kinships = await registry.kinships(
      page.map(({ id }) => id),
      { ended: true },
    );
    return page.map((registrant) => ({ registrant, kinships: kinships.get(registrant.id) ?? [] }));
  };

  let lastIndividual = 0;
  for (const kind of kinds) {
    for await (const page of registry.walk(kind, { ...since, page: PAGE })) {
      if (kind === 'individual') lastIndividual = page.at(-1)?.seq ?? lastIndividual;
      yield await withKin(page);
    }
  }
  if (kinds.length < 2) return;
  const from = later(since.since ?? startedAt, startedAt);
  for await (const page of registry.walk('individual', { since: from, page: PAGE })) {
    const late = page.filter(({ seq, createdAt }) => createdAt >= from && (seq ?? 0) > lastIndividual);
    if (late.length > 0) yield await withKin(late);
  }
};
