import { XMLParser } from 'fast-xml-parser';

/** A choice of a select question: its name (the only thing a submission holds) and its labels by language. */
export interface Choice {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Choices by the path of their question, names spelled as OData spells them. */
export type Choices = ReadonlyMap<string, readonly Choice[]>;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

type Ordered = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
});

const toElement = (node: Ordered): Element | undefined => {
  const name = Object.keys(node).find((key) => key !== ':@');
  if (!name || name.startsWith('#') || name.startsWith('?')) return undefined;
  const inner = node[name] as readonly Ordered[];
  return {
    name,
    attributes: (node[':@'] ?? {}) as Element['attributes'],
    children: inner.flatMap((child) => toElement(child) ?? []),
    text: inner.map((child) => ('#text' in child ? String(child['#text']) : '')).join(''),
  };
};

const child = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);

function* descendants(element: Element): Generator<Element> {
  for (const one of element.children) {
    yield one;
    yield* descendants(one);
  }
}

/** OData's spelling of a name (odk.md §3): `hh-name` → `hh_name`. */
export const sanitizeName = (name: string): string =>
  name.replace(/^([^A-Za-z_])/, '_$1').replace(/[^A-Za-z0-9_]+/g, '_');

const toPath = (ref: string): string => ref.split('/').slice(2).map(sanitizeName).join('.');

/** Labels by text id and language, from `itext`. */
const readTexts = (model: Element | undefined): ReadonlyMap<string, Record<string, string>> => {
  const texts = new Map<string, Record<string, string>>();
  for (const translation of child(model, 'itext')?.children ?? []) {
    const language = translation.attributes['lang'] ?? '';
    for (const text of translation.children) {
      const id = text.attributes['id'] ?? '';
      const labels = texts.get(id) ?? {};
      labels[language] = child(text, 'value')?.text ?? '';
      texts.set(id, labels);
    }
  }
  return texts;
};

/**
 * Reads the choices of every select question out of an XForm: the only place where they live. A question whose choices
 * come from a file beside the form is left out, as they cannot be known.
 */
export const readChoices = (xml: string): Choices => {
  const choices = new Map<string, Choice[]>();
  const html = (parser.parse(xml) as Ordered[]).map(toElement).find((element) => element?.name === 'html');
  const model = child(child(html, 'head'), 'model');
  const body = child(html, 'body');
  if (!model || !body) return choices;
  const texts = readTexts(model);
  const instances = new Map(
    model.children.filter(({ name }) => name === 'instance').map((one) => [one.attributes['id'] ?? '', one]),
  );
  const labelsOf = (item: Element): Record<string, string> => {
    const id =
      child(item, 'itextId')?.text ?? /itext\('(.*)'\)/.exec(child(item, 'label')?.attributes['ref'] ?? '')?.[1];
    const label = child(item, 'label')?.text;
    return (id !== undefined && texts.get(id)) || (label ? { '': label } : {});
  };
  for (const select of descendants(body)) {
    if (select.name !== 'select1' && select.name !== 'select') continue;
    const path = toPath(select.attributes['ref'] ?? '');
    const itemset = child(select, 'itemset')?.attributes['nodeset'];
    const instance = itemset && instances.get(/instance\('(.*?)'\)/.exec(itemset)?.[1] ?? '');
    const items = itemset ? (instance ? (child(instance, 'root')?.children ?? []) : []) : select.children;
    const valueName = itemset ? (child(child(select, 'itemset'), 'value')?.attributes['ref'] ?? 'name') : 'value';
    const list = items
      .filter(({ name }) => name === 'item')
      .map((item) => ({ name: child(item, valueName)?.text ?? '', labels: labelsOf(item) }))
      .filter(({ name }) => name !== '');
    if (list.length > 0) choices.set(path, list);
  }
  return choices;
};
