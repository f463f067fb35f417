import { XMLParser } from 'fast-xml-parser';

/** One question, group or repeat of a form. `path` has the names as the form spells them. */
export interface FormField {
  readonly path: readonly string[];
  readonly odataPath: readonly string[];
  readonly type: string;
  readonly selectMultiple: boolean;
  /** The property of the entity list that an answer goes to. */
  readonly saveTo: string | undefined;
  readonly children: readonly FormField[];
}

export interface FormDefinition {
  readonly xml: string;
  readonly xmlFormId: string;
  readonly version: string;
  readonly title: string;
  /** The name of the instance's root element. */
  readonly root: string;
  readonly fields: readonly FormField[];
  /** The entity list that submissions write to. */
  readonly entity: { readonly dataset: string; readonly creates: boolean; readonly updates: boolean } | undefined;
}

type Attributes = Readonly<Record<string, string>>;
interface Element {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  cdataPropName: '#cdata',
});

type Ordered = Readonly<Record<string, unknown>>;

const toElement = (node: Ordered): Element | undefined => {
  const name = Object.keys(node).find((key) => key !== ':@');
  if (!name || name.startsWith('#') || name.startsWith('?')) return undefined;
  const inner = node[name] as readonly Ordered[];
  const text = inner
    .map((child) => {
      if ('#text' in child) return String(child['#text']);
      return '#cdata' in child ? String((child['#cdata'] as readonly Ordered[])[0]?.['#text'] ?? '') : '';
    })
    .join('');
  return {
    name,
    attributes: (node[':@'] ?? {}) as Attributes,
    children: inner.flatMap((child) => toElement(child) ?? []),
    text,
  };
};

/** Reads XML into elements in document order, name space prefixes removed. */
export const parseXml = (xml: string): Element => {
  const root = (parser.parse(xml) as Ordered[]).map(toElement).find((element) => element !== undefined);
  if (!root) throw new Error('the XML has no element');
  return root;
};
export type { Element };

const child = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);

function* descendants(element: Element): Generator<Element> {
  for (const one of element.children) {
    yield one;
    yield* descendants(one);
  }
}

/** OData names match `[A-Za-z_][A-Za-z0-9_]*`: another first character gets `_` in front, other runs become `_`. */
export const sanitize = (name: string): string => name.replace(/^([^A-Za-z_])/, '_$1').replace(/[^A-Za-z0-9_]+/g, '_');

/** Reads an XForm as far as Central does: its fields in form order. */
export const readForm = (xml: string): FormDefinition => {
  const html = parseXml(xml);
  const model = child(child(html, 'head'), 'model');
  const root = child(model, 'instance')?.children[0];
  if (!model || !root) throw new Error('the XForm has no instance');
  const types = new Map<string, string>();
  const saved = new Map<string, string>();
  for (const bind of model.children) {
    const { nodeset, type, saveto } = bind.attributes;
    if (bind.name === 'bind' && nodeset && type) types.set(nodeset, type);
    if (bind.name === 'bind' && nodeset && saveto) saved.set(nodeset, saveto);
  }
  const repeats = new Set<string>();
  const multiples = new Set<string>();
  const body = child(html, 'body');
  if (body) {
    for (const element of descendants(body)) {
      if (element.name === 'repeat') repeats.add(element.attributes['nodeset'] ?? '');
      if (element.name === 'select') multiples.add(element.attributes['ref'] ?? '');
    }
  }
  const toField = (element: Element, above: readonly string[]): FormField => {
    const path = [...above, element.name];
    const nodeset = `/${root.name}/${path.join('/')}`;
    const isRepeat = repeats.has(nodeset);
    return {
      path,
      odataPath: path.map(sanitize),
      type: isRepeat ? 'repeat' : element.children.length > 0 ? 'structure' : (types.get(nodeset) ?? 'string'),
      selectMultiple: multiples.has(nodeset),
      saveTo: saved.get(nodeset),
      children: element.children.map((one) => toField(one, path)),
    };
  };
  const entity = child(child(root, 'meta'), 'entity')?.attributes;
  return {
    xml,
    xmlFormId: root.attributes['id'] ?? '',
    version: root.attributes['version'] ?? '',
    title: child(child(html, 'head'), 'title')?.text ?? '',
    root: root.name,
    fields: root.children.map((one) => toField(one, [])),
    entity: entity && {
      dataset: entity['dataset'] ?? '',
      creates: 'create' in entity,
      updates: 'update' in entity,
    },
  };
};

/** Central's flat list, groups and repeats before what they hold. */
export const listFields = (fields: readonly FormField[], odata: boolean): object[] =>
  fields.flatMap((field) => {
    const path = odata ? field.odataPath : field.path;
    return [
      {
        path: `/${path.join('/')}`,
        name: path.at(-1),
        type: field.type,
        binary: field.type === 'binary' ? true : null,
        selectMultiple: field.selectMultiple ? true : null,
      },
      ...listFields(field.children, odata),
    ];
  });
