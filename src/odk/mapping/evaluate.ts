import type { Outcome, RemoteExpression } from './expressions/engine.ts';
import { type Scope, scopesAt } from './expressions/scope.ts';
import type { Leaf, MappedExpression, Vocabulary } from './model.ts';
import { isNothing, MapFault, single } from './values.ts';

/** What the engine answered for one submission, by expression and row. */
export type RemoteResults = ReadonlyMap<string, Outcome>;

const keyOf = (remote: number, scope: Scope): string => `${remote}|${scope.path}`;

/** Puts the engine's answers for one submission where its rows will look for them. */
export const toRemoteResults = (
  remote: readonly RemoteExpression[],
  outcomes: readonly (readonly Outcome[])[],
  top: Scope,
): RemoteResults => {
  const results = new Map<string, Outcome>();
  for (const [number, { chain }] of remote.entries()) {
    scopesAt(top, chain).forEach((scope, at) => {
      results.set(keyOf(number, scope), outcomes[number]?.[at] ?? { error: 'was not answered' });
    });
  }
  return results;
};

/** One line of a preview: what a leaf read where, and what came of it. */
export interface Trace {
  readonly target: string;
  readonly source: string;
  readonly value: unknown;
}

/** What leaves of one submission are evaluated with. */
export interface Evaluation {
  readonly results: RemoteResults;
  readonly vocabularies: ReadonlyMap<string, Vocabulary>;
  readonly trace: Trace[] | undefined;
}

/** The value of an expression for a row; what throws or ran out of time is a `mapping-error`. */
export const expressionValue = (evaluation: Evaluation, expression: MappedExpression, scope: Scope): unknown => {
  if (expression.direct) {
    try {
      return expression.direct(scope);
    } catch (error) {
      throw new MapFault('mapping-error', expression.label(scope), (error as Error).message);
    }
  }
  const outcome = evaluation.results.get(keyOf(expression.remote ?? -1, scope));
  if (!outcome || outcome.error !== undefined) {
    throw new MapFault('mapping-error', expression.label(scope), outcome?.error ?? 'was not evaluated');
  }
  return outcome.value;
};

const toCode = (value: unknown, codes: Vocabulary | undefined, leaf: Leaf, path: string): unknown => {
  if (typeof value !== 'string' && typeof value !== 'number') throw new MapFault('bad-type', path, value);
  const name = String(value);
  const code = codes?.get(name);
  if (code !== undefined) return code;
  const policy = leaf.kind === 'choice' || leaf.kind === 'choices' ? leaf.unknown : 'fail';
  if (policy === 'drop') return undefined;
  if (policy === 'raw') return name;
  if (policy === 'fail') throw new MapFault('unknown-choice', path, value);
  return policy.default;
};

/** What a leaf says for a row, before its target's type is looked at; and where it looked. */
export const leafValue = (
  evaluation: Evaluation,
  leaf: Leaf,
  scope: Scope,
): { readonly value: unknown; readonly path: string } => {
  if (leaf.kind === 'const') return { value: leaf.value, path: scope.path };
  const path = leaf.expression.label(scope);
  const found = expressionValue(evaluation, leaf.expression, scope);
  if (leaf.kind === 'value' || leaf.kind === 'attachment') return { value: found, path };
  const codes = evaluation.vocabularies.get(leaf.vocabulary);
  if (leaf.kind === 'choice') {
    const one = single(found, path);
    return { value: isNothing(one) ? undefined : toCode(one, codes, leaf, path), path };
  }
  const names = (Array.isArray(found) ? found : [found]).flatMap((one: unknown) =>
    typeof one === 'string' ? one.split(/\s+/).filter(Boolean) : isNothing(one) ? [] : [one],
  );
  const list = names.map((name) => toCode(name, codes, leaf, path)).filter((code) => code !== undefined);
  return { value: list.length === 0 ? undefined : list, path };
};
