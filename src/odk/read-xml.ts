import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { ODataRow } from './central/api.ts';
import { sanitizeName } from './mapping/choices.ts';
import { type Field, type FieldRow, toForm } from './mapping/form.ts';

/** A value that is no number although its field is one: OData would have shown something else in its place. */
export interface BadValue {
  /** With row numbers, as in a dead letter. */
  readonly path: string;
  readonly field: string;
  readonly value: string;
}

/** Under this name the staged row carries what was wrong in the XML. */
export const BAD_VALUES = '__bad';

type Node = Readonly<Record<string, unknown>>;
interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

const toElement = (node: Node): Element | undefined => {
  const [name] = Object.keys(node);
  if (!name || name.startsWith('#') || name.startsWith('?')) return undefined;
  const inner = node[name] as readonly Node[];
  return {
    name: sanitizeName(name),
    children: inner.flatMap((child) => toElement(child) ?? []),
    text: inner.map((child) => ('#text' in child ? String(child['#text']) : '')).join(''),
  };
};

const isNumber: Readonly<Record<string, RegExp>> = {
  int: /^[+-]?\d{1,15}$/,
  decimal: /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/,
};

const toPoint = (text: string): object | string => {
  const [latitude, longitude, altitude, accuracy] = text.trim().split(/\s+/).map(Number);
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return text;
  return {
    type: 'Point',
    coordinates: [longitude, latitude, ...(Number.isFinite(altitude) ? [altitude] : [])],
    ...(Number.isFinite(accuracy) ? { properties: { accuracy } } : {}),
  };
};

/**
 * Reads a submission's XML by the fields of its own version, into the shape of an OData row: what no longer exists in
 * the current version is there, and a number that is none is seen (odk.md §3.1). `undefined` for what is no XML.
 */
export const readSubmissionXml = (xml: string, fields: readonly FieldRow[], row: ODataRow): ODataRow | undefined => {
  if (XMLValidator.validate(xml) !== true) return undefined;
  const root = (parser.parse(xml) as Node[]).map(toElement).find((one) => one !== undefined);
  if (!root) return undefined;
  const bad: BadValue[] = [];

  const toValue = ({ type, path: field }: Field, text: string, path: string): unknown => {
    if (text === '') return null;
    const pattern = isNumber[type];
    if (pattern) {
      const trimmed = text.trim();
      if (pattern.test(trimmed)) return Number(trimmed);
      bad.push({ path, field, value: text });
      return text;
    }
    if (type === 'boolean') return text === 'true' || text === '1';
    return type === 'geopoint' ? toPoint(text) : text;
  };

  const walk = (element: Element, field: Field, at: string): Record<string, unknown> => {
    const group: Record<string, unknown> = {};
    for (const child of field.children.values()) {
      if (child.type === 'system' || child.path === '__system') continue;
      const path = at === '' ? child.name : `${at}.${child.name}`;
      const found = element.children.filter(({ name }) => name === child.name);
      if (child.type === 'repeat') {
        // As in OData: a repeat without instances leaves no key.
        if (found.length > 0) group[child.name] = found.map((one, index) => walk(one, child, `${path}[${index}]`));
      } else if (child.type === 'structure') {
        group[child.name] = walk(found[0] ?? { name: child.name, children: [], text: '' }, child, path);
      } else group[child.name] = found[0] ? toValue(child, found[0].text, path) : null;
    }
    return group;
  };

  const answers = walk(root, toForm('', '', fields).root, '');
  return { ...answers, __id: row['__id'], __system: row['__system'], ...(bad.length > 0 ? { [BAD_VALUES]: bad } : {}) };
};
