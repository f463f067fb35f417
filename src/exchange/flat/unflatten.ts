import { formOf, plainText } from './cells.ts';
import { listForms } from './lists.ts';

type Node = { [member: string]: unknown };

/** One step of a path: a member, and which item of it when it is a list. */
interface Step {
  readonly member: string;
  readonly item?: { readonly system?: string; readonly nth: number };
}

// Above this a heading is a slip of the pen, and would make a list of holes.
const MAX_NTH = 9999;

const readStep = (token: string, shape: string): Step | undefined => {
  const match = /^([A-Za-z][A-Za-z0-9]*)((?:\[[^[\]]+\])*)$/.exec(token);
  if (!match) return undefined;
  const member = match[1] as string;
  const brackets = [...(match[2] as string).matchAll(/\[([^\]]+)\]/g)].map(([, inner]) => inner as string);
  const form = listForms.get(shape === '' ? member : `${shape}.${member}`);
  if (!form) return brackets.length === 0 ? { member } : undefined;
  const key = form.by === 'system' ? brackets.shift() : undefined;
  if (form.by === 'system' && key === undefined) return undefined;
  const nth = brackets.length === 0 ? 0 : Number(brackets[0]);
  if (brackets.length > 1 || !Number.isInteger(nth) || nth < 0 || nth > MAX_NTH) return undefined;
  return {
    member,
    item: { nth, ...(form.by === 'system' && key !== undefined ? { system: form.toSystem(key) } : {}) },
  };
};

/** Steps and shape of a heading; `undefined` when it is none. Keys of extensions may hold dots and brackets. */
const readHeading = (heading: string): { readonly steps: readonly Step[]; readonly shape: string } | undefined => {
  const extension = /^extension\.([\s\S]+)$/.exec(heading)?.[1];
  if (extension === '__proto__') return undefined;
  if (extension !== undefined) return { steps: [{ member: 'extension' }, { member: extension }], shape: heading };
  const steps: Step[] = [];
  let shape = '';
  for (const token of heading.split('.')) {
    const step = readStep(token, shape);
    if (!step) return undefined;
    steps.push(step);
    shape = shape === '' ? step.member : `${shape}.${step.member}`;
  }
  return { steps, shape };
};

const itemOf = (node: Node, { member, item }: Step): Node => {
  if (!item) {
    node[member] ??= {};
    return node[member] as Node;
  }
  node[member] ??= [];
  const list = node[member] as Node[];
  if (item.system === undefined) {
    list[item.nth] ??= {};
    return list[item.nth] as Node;
  }
  const found = list.filter(({ system }) => system === item.system)[item.nth];
  if (found) return found;
  const made: Node = { system: item.system };
  list.push(made);
  return made;
};

const setLast = (node: Node, step: Step, value: unknown): void => {
  if (!step.item) node[step.member] = value;
  else if (step.item.system !== undefined) itemOf(node, step)['value'] = value;
  else {
    node[step.member] ??= [];
    (node[step.member] as unknown[])[step.item.nth] = value;
  }
};

/** Where a row left the first of two cells empty, its list has a hole. */
const closeHoles = (node: Node): void => {
  for (const [member, value] of Object.entries(node)) {
    if (!Array.isArray(value) || member === 'extension') continue;
    const list = value.filter((item) => item !== undefined);
    node[member] = list;
    for (const item of list) if (typeof item === 'object' && item !== null) closeHoles(item as Node);
  }
};

/**
 * Compiles a CSV header to the function that makes a resource of a row; empty cells say nothing. Answers the headings
 * that are no path instead, when there are any.
 */
export const compileHeader = (
  headings: readonly string[],
): { readonly toResource: (cells: readonly string[]) => Node } | { readonly faults: readonly string[] } => {
  const paths = headings.map((heading) => readHeading(heading.trim()));
  const faults = headings.filter((_heading, i) => !paths[i]);
  if (faults.length > 0) return { faults };
  const columns = paths.flatMap((path) => (path ? [{ ...path, form: formOf(path.shape) ?? plainText }] : []));
  return {
    toResource: (cells) => {
      const resource: Node = {};
      columns.forEach(({ steps, form }, i) => {
        const cell = cells[i];
        if (cell === undefined || cell === '') return;
        let node = resource;
        for (const step of steps.slice(0, -1)) node = itemOf(node, step);
        setLast(node, steps.at(-1) as Step, form.fromCell(cell));
      });
      closeHoles(resource);
      return resource;
    },
  };
};
