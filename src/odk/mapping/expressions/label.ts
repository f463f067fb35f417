import type { Node } from './direct.ts';
import type { Language } from './language.ts';
import { firstJqPath, plainJqPath } from './references.ts';
import { joinPath, type Scope } from './scope.ts';

/** The place in a submission that an expression is about, for dead letters and previews. */
export type Label = (scope: Scope) => string;

const variables = ['parent', 'submission'] as const;
type Base = 'row' | (typeof variables)[number];

/** The first path of a syntax tree, depth first: of `relation = "head"` it is `relation`. */
const firstPath = (node: unknown): Node | undefined => {
  if (Array.isArray(node)) {
    for (const one of node) {
      const found = firstPath(one);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof node !== 'object' || node === null) return undefined;
  if ((node as Node).type === 'path') return node as Node;
  return firstPath(Object.values(node));
};

const at = (base: Base, steps: readonly string[]): Label => {
  const path = steps.join('.');
  switch (base) {
    case 'parent':
      return (scope) => joinPath(scope.parent?.path ?? '', path);
    case 'submission':
      return () => path;
    default:
      return (scope) => joinPath(scope.path, path);
  }
};

/** Says where in the submission an expression looks; one that looks nowhere is named by itself. */
export const labelOf = (source: string, language: Language, tree?: Node): Label => {
  if (language === 'jq') {
    const plain = plainJqPath(source) ?? firstJqPath(source);
    if (!plain) return at('row', [source]);
    return at((plain.variable.slice(1) || 'row') as Base, plain.steps);
  }
  const steps = firstPath(tree)?.steps ?? [];
  const names = steps.flatMap((step) => (step.type === 'name' ? [String(step.value)] : []));
  const [first] = steps;
  const base = variables.find((name) => first?.type === 'variable' && first.value === name) ?? 'row';
  return at(base, names.length > 0 ? names : base === 'row' ? [source] : []);
};
