import type { Field } from '../form.ts';
import type { Node } from './direct.ts';

/** What an expression says about the form: which fields it reads, and which it names that are not there. */
export interface References {
  readonly fields: readonly Field[];
  readonly unknown: readonly { readonly path: string; readonly from: Field }[];
  /** The one field the expression stands for, when it is a path or a path with filters. */
  readonly target: Field | undefined;
}

/** The rows that `$parent` and the expression itself begin at; the form comes from outside. */
export interface Place {
  readonly row: Field;
  readonly parent: Field | undefined;
  readonly root: Field;
}

/**
 * Follows the paths of a JSONata syntax tree through the form. Where a function or a variable of the expression's own
 * stands in between, what follows cannot be known and is let be.
 */
export const followJsonata = (tree: Node, place: Place): References => {
  const fields = new Set<Field>();
  const unknown: { path: string; from: Field }[] = [];

  const step = (node: Node, from: Field | undefined): Field | undefined => {
    if (node.type !== 'name') return visit(node, from);
    if (!from) return undefined;
    const name = String(node.value);
    const found = from.children.get(name);
    if (found) fields.add(found);
    else if (from.type === 'structure' || from.type === 'repeat') {
      unknown.push({ path: from.path === '' ? name : `${from.path}.${name}`, from });
    }
    return found;
  };

  const others = (node: Node, from: Field | undefined): void => {
    for (const value of Object.values(node)) walkAny(value, from);
  };
  const walkAny = (value: unknown, from: Field | undefined): void => {
    if (Array.isArray(value)) for (const one of value) walkAny(one, from);
    else if (typeof value === 'object' && value !== null && 'type' in value) visit(value as Node, from);
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) walkAny(one, from);
  };

  function visit(node: Node, from: Field | undefined): Field | undefined {
    switch (node.type) {
      case 'path': {
        let at = from;
        for (const one of node.steps ?? []) {
          at = step(one, at);
          for (const stage of one.stages ?? []) visit(stage.expr, at);
          if (one['group']) others(one['group'] as Node, at);
        }
        if (node['group']) others(node['group'] as Node, at);
        return at;
      }
      case 'name':
        return step(node, from);
      case 'variable':
        if (node.value === '') return from;
        if (node.value === 'parent') return place.parent;
        if (node.value === 'submission') return place.root;
        return node.value === '$' ? place.row : undefined;
      case 'sort':
        walkAny(node['terms'], from);
        return from;
      case 'block': {
        const results = (node.expressions ?? []).map((one) => visit(one, from));
        return results.at(-1);
      }
      default:
        others(node, from);
        return undefined;
    }
  }

  const target = visit(tree, place.row);
  return {
    fields: [...fields],
    unknown,
    target: tree.type === 'path' || tree.type === 'variable' ? target : undefined,
  };
};

const PLAIN_JQ = /^(\$(?:parent|submission))?((?:\.[A-Za-z_]\w*)+)$/;

interface JqPath {
  readonly variable: string;
  readonly steps: readonly string[];
}

const withoutTexts = (source: string): string => source.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** The first path that a jq expression mentions: of `.relation == "head"` it is `.relation`. */
export const firstJqPath = (source: string): JqPath | undefined => {
  const found = /(\$(?:parent|submission))?((?:\.[A-Za-z_]\w*)+)/.exec(withoutTexts(source));
  return found ? { variable: found[1] ?? '', steps: (found[2] ?? '').split('.').slice(1) } : undefined;
};

/** The path of a jq expression that is nothing but one: `.name.given_name`, `$parent.hh_name`. */
export const plainJqPath = (source: string): JqPath | undefined => {
  const found = PLAIN_JQ.exec(source.trim());
  return found ? { variable: found[1] ?? '', steps: (found[2] ?? '').split('.').slice(1) } : undefined;
};

/**
 * As far as jq can be followed without a parser of it: a plain path exactly; of anything else, the names behind dots,
 * which must at least be names of some field.
 */
export const followJq = (source: string, place: Place): References => {
  const plain = plainJqPath(source);
  if (!plain) {
    const names = [...withoutTexts(source).matchAll(/\.([A-Za-z_]\w*)/g)].map(([, name]) => name ?? '');
    const everywhere = [...descendants(place.root)];
    const fields = everywhere.filter((field) => names.includes(field.name));
    const known = new Set(fields.map((field) => field.name));
    const unknown = names.filter((name) => !known.has(name)).map((path) => ({ path, from: place.row }));
    return { fields, unknown, target: undefined };
  }
  let at: Field | undefined =
    plain.variable === '$parent' ? place.parent : plain.variable === '$submission' ? place.root : place.row;
  const fields: Field[] = [];
  for (const name of plain.steps) {
    if (!at) break;
    const found: Field | undefined = at.children.get(name);
    if (!found) {
      return { fields, unknown: [{ path: at.path === '' ? name : `${at.path}.${name}`, from: at }], target: undefined };
    }
    fields.push(found);
    at = found;
  }
  return { fields, unknown: [], target: at };
};

function* descendants(field: Field): Generator<Field> {
  for (const child of field.children.values()) {
    yield child;
    yield* descendants(child);
  }
}
