import jsonata from 'jsonata';
import { compileDirect, type Direct, type Node } from './direct.ts';
import { type Label, labelOf } from './label.ts';
import type { Language } from './language.ts';
import { followJq, followJsonata, type Place, plainJqPath, type References } from './references.ts';

export type { Language } from './language.ts';

/** One leaf's expression, compiled as far as it can be here. */
export interface Expression {
  readonly source: string;
  readonly language: Language;
  /** Answers it in this thread; absent: the engine's worker is needed. */
  readonly direct: Direct | undefined;
  readonly references: (place: Place) => References;
  readonly label: Label;
}

/** Why an expression does not compile, with the place in it where the compiler stopped. */
export class ExpressionFault extends Error {}

// Nobody writes such by hand, and the parser recurses.
const MAX_LENGTH = 10_000;

const compileJsonata = (source: string): Expression => {
  let tree: Node;
  try {
    tree = jsonata(source).ast() as unknown as Node;
  } catch (error) {
    const { message, position } = error as { readonly message?: string; readonly position?: number };
    const at = position === undefined ? '' : ` at character ${position}`;
    throw new ExpressionFault(`does not compile${at}: ${message ?? 'not JSONata'}`);
  }
  return {
    source,
    language: 'jsonata',
    direct: compileDirect(tree),
    references: (place) => followJsonata(tree, place),
    label: labelOf(source, 'jsonata', tree),
  };
};

const directJq = (source: string): Direct | undefined => {
  const plain = plainJqPath(source);
  if (!plain) return undefined;
  return (scope) => {
    let at: unknown =
      plain.variable === '$parent'
        ? scope.parent?.row
        : plain.variable === '$submission'
          ? scope.submission
          : scope.row;
    for (const name of plain.steps) {
      if (at === null || at === undefined) return undefined;
      if (typeof at !== 'object' || Array.isArray(at)) {
        throw new Error(`Cannot index ${Array.isArray(at) ? 'array' : typeof at} with "${name}"`);
      }
      at = Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
    }
    return at;
  };
};

/**
 * Compiles one expression, or throws an `ExpressionFault`. Of jq only the plain paths are understood here; whether
 * others compile, the engine says (check-jq.ts).
 */
export const compileExpression = (source: string, language: Language): Expression => {
  if (source.trim() === '') throw new ExpressionFault('is empty');
  if (source.length > MAX_LENGTH) throw new ExpressionFault(`is longer than ${MAX_LENGTH} characters`);
  if (language === 'jsonata') return compileJsonata(source);
  return {
    source,
    language,
    direct: directJq(source),
    references: (place) => followJq(source, place),
    label: labelOf(source, 'jq'),
  };
};
