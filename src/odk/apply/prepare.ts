import type { Json } from '../../core/json.ts';
import { type Disposition, decide, type FormState } from '../decide.ts';
import type { Trace } from '../mapping/evaluate.ts';
import type { Engine } from '../mapping/expressions/engine.ts';
import type { MappedSubmission } from '../mapping/map.ts';
import { mapBatch } from '../mapping/mapper.ts';
import type { Mapping } from '../mapping/model.ts';
import { BAD_VALUES, type BadValue } from '../read-xml.ts';
import type { DeadLetterReason } from '../reasons.ts';
import type { SourceSettings } from '../source.ts';
import type { KnownForm } from '../sources.store.ts';
import type { Entry } from '../submissions.store.ts';

/** Why a submission is not imported. */
export interface Letter {
  readonly reason: DeadLetterReason;
  readonly path: string | null;
  readonly value: Json;
}

/** A submission of the queue with what is to be done with it; of those to be imported, what they say. */
export type Prepared = { readonly entry: Entry; readonly trace: readonly Trace[] } & (
  | Exclude<Disposition, { readonly do: 'map' }>
  | { readonly do: 'import'; readonly mapped: MappedSubmission }
);

export interface PrepareWith {
  readonly engine: Engine;
  readonly mapping: Mapping;
  readonly settings: SourceSettings;
  readonly form: FormState & Pick<KnownForm, 'mapped'>;
}

/** What stood at a path goes into JSON as it is; what JSON cannot say, as text. */
const toJson = (value: unknown): Json => {
  const text = JSON.stringify(value);
  return text === undefined ? null : (JSON.parse(text) as Json);
};

/** As `decide`; in XML mode a number that is none parks the submission when the mapping reads it. */
const look = (entry: Entry, settings: SourceSettings, form: PrepareWith['form']): Disposition => {
  const disposition = decide(entry, settings, form);
  if (disposition.do !== 'map' || settings.read !== 'xml') return disposition;
  const { [BAD_VALUES]: bad } = JSON.parse(entry.row) as { [BAD_VALUES]?: readonly BadValue[] };
  const found = bad?.find(({ field }) => Object.hasOwn(form.mapped, field));
  return found ? { do: 'park', reason: 'bad-type', path: found.path, value: found.value } : disposition;
};

/** Decides and maps, outside any transaction: expressions may take their time. */
export const prepare = async (
  { engine, mapping, settings, form }: PrepareWith,
  entries: readonly Entry[],
): Promise<Prepared[]> => {
  const decided = entries.map((entry) => ({ entry, disposition: look(entry, settings, form) }));
  const toMap = decided.filter(({ disposition }) => disposition.do === 'map').map(({ entry }) => entry);
  const traces: Trace[][] = toMap.map(() => []);
  const results = await mapBatch(
    engine,
    mapping,
    toMap.map(({ row }) => ({ text: row, row: JSON.parse(row) as unknown })),
    traces,
  );
  let at = 0;
  return decided.map(({ entry, disposition }): Prepared => {
    if (disposition.do !== 'map') return { entry, trace: [], ...disposition };
    const result = results[at];
    const trace = traces[at] ?? [];
    at += 1;
    if (result && 'mapped' in result) return { entry, trace, do: 'import', mapped: result.mapped };
    const { reason, path, value } = (result as { fault: { reason: DeadLetterReason; path: string; value: unknown } })
      .fault;
    return { entry, trace, do: 'park', reason, path, value: toJson(value) };
  });
};
