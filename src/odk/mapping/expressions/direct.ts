import type { Scope } from './scope.ts';

/**
 * Answers the plain part of JSONata without its engine: paths, filters, comparisons, lists and literals. Most leaves of
 * a mapping are such, and the engine (asynchronous, and to be killed when it does not end) costs some hundred times as
 * much. The syntax tree is the engine's own; what is evaluated here cannot run for ever, as nothing in it repeats.
 *
 * The meaning is JSONata's to the letter, singletons and all; a property test holds the two together.
 */
export type Direct = (scope: Scope) => unknown;

/** JSONata's syntax tree, as far as it is looked at. */
export interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly stages?: readonly { readonly type: string; readonly expr: Node }[];
  readonly predicate?: readonly unknown[];
  readonly expressions?: readonly Node[];
  readonly lhs?: Node | readonly (readonly [Node, Node])[];
  readonly rhs?: Node;
  readonly [member: string]: unknown;
}

/** Results under way, as against lists that stand in the data: only these give way to their one item. */
class Sequence extends Array<unknown> {}

const sequence = (...items: readonly unknown[]): Sequence => {
  const made = new Sequence();
  for (const item of items) made.push(item);
  return made;
};

const settle = (value: unknown): unknown => {
  if (!(value instanceof Sequence) || value.length > 1) return value;
  return value.length === 0 ? undefined : value[0];
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const truth = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(truth);
  if (typeof value === 'string') return value.length > 0;
  if (typeof value === 'number') return isNumber(value) && value !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value === true;
};

const same = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => same(item, right[at]));
  }
  const keys = Object.keys(left);
  const others = new Set(Object.keys(right));
  return (
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === others.size &&
    keys.every((key) => others.has(key) && same(left[key as never], right[key as never]))
  );
};

const lookUp = (input: unknown, key: string): unknown => {
  if (Array.isArray(input)) {
    const found = new Sequence();
    for (const item of input) {
      const value = lookUp(item, key);
      if (Array.isArray(value)) found.push(...value);
      else if (value !== undefined) found.push(value);
    }
    return found;
  }
  return typeof input === 'object' && input !== null && Object.hasOwn(input, key)
    ? (input as Record<string, unknown>)[key]
    : undefined;
};

/** What an expression is evaluated against: the item at hand, and the scope its variables come from. */
type Evaluate = (input: unknown, scope: Scope) => unknown;

const filterBy = (predicate: Node): ((input: unknown, scope: Scope) => unknown) | undefined => {
  if (predicate.type === 'number') {
    const wanted = Math.floor(predicate.value as number);
    return (input) => {
      const list = Array.isArray(input) ? input : input === undefined ? [] : [input];
      const item: unknown = list[wanted < 0 ? list.length + wanted : wanted];
      if (Array.isArray(item)) return item;
      return item === undefined ? new Sequence() : sequence(item);
    };
  }
  const test = compile(predicate);
  if (!test) return undefined;
  return (input, scope) => {
    const list = Array.isArray(input) ? input : input === undefined ? [] : [input];
    const kept = new Sequence();
    list.forEach((item, at) => {
      const result = test(item, scope);
      const numbers = isNumber(result)
        ? [result]
        : Array.isArray(result) && result.every(isNumber)
          ? result
          : undefined;
      if (numbers && numbers.length > 0) {
        for (const number of numbers) {
          const index = Math.floor(number);
          if ((index < 0 ? list.length + index : index) === at) kept.push(item);
        }
      } else if (truth(result)) kept.push(item);
    });
    return kept;
  };
};

const variable = (name: unknown): ((input: unknown, scope: Scope) => unknown) | undefined => {
  switch (name) {
    case '':
      return (input) => input;
    case 'parent':
      return (_input, scope) => scope.parent?.row;
    case 'submission':
      return (_input, scope) => scope.submission;
    case 'index':
      return (_input, scope) => scope.index;
    default:
      return undefined;
  }
};

const compileStep = (step: Node): Evaluate | undefined => {
  const { value } = step;
  const read =
    step.type === 'name' && typeof value === 'string'
      ? (input: unknown) => settle(lookUp(input, value))
      : step.type === 'variable'
        ? variable(value)
        : undefined;
  if (!read) return undefined;
  const filters = (step.stages ?? []).map((stage) => (stage.type === 'filter' ? filterBy(stage.expr) : undefined));
  if (filters.some((filter) => filter === undefined)) return undefined;
  return (input, scope) => filters.reduce((result, filter) => filter?.(result, scope), read(input, scope));
};

const LIST = Symbol('list');

/** What names lead to from object to object; `LIST` as soon as there is a list, where names mean more. */
const follow = (input: unknown, names: readonly string[]): unknown => {
  let at = input;
  for (const name of names) {
    if (Array.isArray(at)) return LIST;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return Array.isArray(at) ? LIST : at;
};

/** The common case first: names that lead through objects to one value need nothing gathered. */
const compilePath = (path: Node): Evaluate | undefined => {
  const general = compileSteps(path);
  const steps = path.steps ?? [];
  const names = steps.flatMap(({ type, value, stages }) =>
    type === 'name' && typeof value === 'string' && (stages ?? []).length === 0 ? [value] : [],
  );
  if (!general || names.length === 0 || names.length < steps.length) return general;
  return (input, scope) => {
    const found = follow(input, names);
    return found === LIST ? general(input, scope) : found;
  };
};

const compileSteps = (path: Node): Evaluate | undefined => {
  const steps = (path.steps ?? []).map((step, at) =>
    step.type === 'variable' && at > 0 ? undefined : compileStep(step),
  );
  if (steps.some((step) => step === undefined)) return undefined;
  const isAbsolute = path.steps?.[0]?.type === 'variable';
  return (input, scope) => {
    let items: readonly unknown[] = Array.isArray(input) && !isAbsolute ? input : [input];
    for (const [at, step] of steps.entries()) {
      const results: unknown[] = [];
      for (const item of items) {
        const result = step?.(item, scope);
        if (result !== undefined) results.push(result);
      }
      const only = results[0];
      if (at === steps.length - 1 && results.length === 1 && Array.isArray(only) && !(only instanceof Sequence)) {
        return only;
      }
      const flat = new Sequence();
      for (const result of results) {
        if (Array.isArray(result)) for (const one of result) flat.push(one);
        else flat.push(result);
      }
      items = flat;
      if (flat.length === 0) break;
    }
    return settle(items);
  };
};

const compileBinary = (node: Node): Evaluate | undefined => {
  const left = compile(node.lhs as Node);
  const right = node.rhs && compile(node.rhs);
  if (!left || !right) return undefined;
  switch (node.value) {
    case '=':
    case '!=': {
      const wanted = node.value === '=';
      return (input, scope) => {
        const a = left(input, scope);
        const b = right(input, scope);
        return a !== undefined && b !== undefined && same(a, b) === wanted;
      };
    }
    case 'and':
      return (input, scope) => truth(left(input, scope)) && truth(right(input, scope));
    case 'or':
      return (input, scope) => truth(left(input, scope)) || truth(right(input, scope));
    case 'in':
      return (input, scope) => {
        const a = left(input, scope);
        const b = right(input, scope);
        if (a === undefined || b === undefined) return false;
        return Array.isArray(b) ? b.includes(a) : a === b;
      };
    default:
      return undefined;
  }
};

const compileList = (node: Node): Evaluate | undefined => {
  const items = node.expressions ?? [];
  const parts = items.map(compile);
  if (parts.some((part) => part === undefined)) return undefined;
  return (input, scope) => {
    const list: unknown[] = [];
    parts.forEach((part, at) => {
      const value = part?.(input, scope);
      if (value === undefined) return;
      if (Array.isArray(value) && items[at]?.value !== '[') list.push(...value);
      else list.push(value);
    });
    return list;
  };
};

// Members that bring in more than is answered here: grouping, kept singletons, ancestry, bindings.
const beyond = [
  'group',
  'keepArray',
  'keepSingletonArray',
  'tuple',
  'focus',
  'index',
  'ancestor',
  'consarray',
  'predicate',
  'nextFunction',
]; // prettier-ignore

function compile(node: Node): Evaluate | undefined {
  if (beyond.some((member) => Object.hasOwn(node, member))) return undefined;
  if (node.steps?.some((step) => beyond.some((member) => Object.hasOwn(step, member)))) return undefined;
  switch (node.type) {
    case 'path':
      return compilePath(node);
    case 'string':
    case 'number':
    case 'value':
      return () => node.value;
    case 'variable':
      return variable(node.value);
    case 'binary':
      return compileBinary(node);
    case 'unary':
      return node.value === '[' ? compileList(node) : undefined;
    default:
      return undefined;
  }
}

/** Compiles what can be answered directly; `undefined` when the engine is needed. */
export const compileDirect = (node: Node): Direct | undefined => {
  const evaluate = compile(node);
  return evaluate && ((scope) => evaluate(scope.row, scope));
};
