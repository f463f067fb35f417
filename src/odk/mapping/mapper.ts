import { type Trace, toRemoteResults } from './evaluate.ts';
import type { Engine, Outcome } from './expressions/engine.ts';
import { submissionScope } from './expressions/scope.ts';
import { type MappedSubmission, mapSubmission } from './map.ts';
import type { Mapping } from './model.ts';
import { MapFault } from './values.ts';

/** What mapping one submission came to. */
export type MapResult = { readonly mapped: MappedSubmission } | { readonly fault: MapFault };

/**
 * Maps a batch of submissions, given as parsed JSON with their text. The engine is asked once for the whole batch,
 * and not at all where every leaf can be answered directly.
 */
export const mapBatch = async (
  engine: Engine,
  mapping: Mapping,
  batch: readonly { readonly text: string; readonly row: unknown }[],
  traces?: readonly Trace[][],
): Promise<MapResult[]> => {
  const outcomes: readonly Outcome[][][] =
    mapping.remote.length > 0
      ? await engine.evaluate(
          mapping.remote,
          batch.map(({ text }) => text),
        )
      : [];
  return batch.map(({ row }, at) => {
    try {
      const results = toRemoteResults(mapping.remote, outcomes[at] ?? [], submissionScope(row));
      const evaluation = { results, vocabularies: mapping.vocabularies, trace: traces?.[at] };
      return { mapped: mapSubmission(mapping, row, evaluation) };
    } catch (error) {
      if (error instanceof MapFault) return { fault: error };
      throw error;
    }
  });
};
