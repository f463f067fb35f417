import { createHash } from 'node:crypto';
import { type Element, type FormDefinition, type FormField, parseXml } from './xform.ts';

/**
 * What an enumerator entered, as Central keeps it: text by the names of the form. A group is a map, a repeat a list of
 * maps, an unanswered question is absent or empty.
 */
export interface Answers {
  readonly [name: string]: string | null | undefined | Answers | readonly Answers[];
}

const isGroup = (value: unknown): value is Answers =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

const toPoint = (text: string): object | null => {
  const [latitude, longitude, altitude, accuracy] = text.trim().split(/\s+/).map(Number.parseFloat);
  if (latitude === undefined || longitude === undefined || Number.isNaN(latitude) || Number.isNaN(longitude)) {
    return null;
  }
  return {
    type: 'Point',
    coordinates: [longitude, latitude, altitude ?? 0],
    properties: { accuracy: accuracy ?? 0 },
  };
};

const toPositions = (text: string): number[][] =>
  text
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => part.split(/\s+/).map(Number.parseFloat))
    .map(([latitude = 0, longitude = 0, altitude = 0]) => [longitude, latitude, altitude]);

const toValue = (type: string, text: string): unknown => {
  switch (type) {
    case 'int':
      return numberOrNull(Number.parseInt(text, 10));
    case 'decimal':
      return numberOrNull(Number.parseFloat(text));
    case 'boolean':
      return text === 'true' || text === '1';
    case 'dateTime':
      return text.replace(/([+-]\d\d)$/, '$1:00');
    case 'geopoint':
      return toPoint(text);
    case 'geotrace':
      return { type: 'LineString', coordinates: toPositions(text) };
    case 'geoshape':
      return { type: 'Polygon', coordinates: [toPositions(text)] };
    default:
      return text;
  }
};

const rowId = (instanceId: string, path: string, position: string): string =>
  createHash('sha1').update(`${instanceId}|${path}|${position}`).digest('hex');

/** The answers as OData shows them: by the *current* fields, whatever version they were made with. */
export const toODataAnswers = (
  fields: readonly FormField[],
  answers: Answers,
  instanceId: string,
  expand: boolean,
): Record<string, unknown> => {
  const root = `Submissions('${encodeURIComponent(instanceId)}')`;
  const walk = (
    under: readonly FormField[],
    group: Answers,
    link: string,
    position: string,
  ): Record<string, unknown> => {
    const row: Record<string, unknown> = {};
    for (const field of under) {
      const name = field.path.at(-1) ?? '';
      const odataName = field.odataPath.at(-1) ?? '';
      const value = Object.hasOwn(group, name) ? group[name] : undefined;
      const here = `${link}/${odataName}`;
      if (field.type === 'repeat') {
        const list = Array.isArray(value) ? (value as readonly Answers[]) : isGroup(value) ? [value] : [];
        // A repeat without instances leaves neither key nor link.
        if (list.length === 0) continue;
        row[`${odataName}@odata.navigationLink`] = here;
        if (!expand) continue;
        row[odataName] = list.map((one, index) => {
          const place = `${position}.${index}`;
          const id = rowId(instanceId, field.path.join('/'), place);
          const own = walk(field.children, one, `${here}('${id}')`, place);
          // Links of nested repeats come after the row's own id, as Central orders them.
          const links = Object.entries(own).filter(([key]) => isNested(field.children, key));
          for (const [key] of links) delete own[key];
          own['__id'] = id;
          for (const [key, linked] of links) own[key] = linked;
          return own;
        });
      } else if (field.type === 'structure') {
        row[odataName] = walk(field.children, isGroup(value) ? value : {}, here, position);
      } else {
        row[odataName] = typeof value === 'string' && value !== '' ? toValue(field.type, value) : null;
      }
    }
    return row;
  };
  return walk(fields, answers, root, '');
};

const isNested = (fields: readonly FormField[], key: string): boolean =>
  fields.some((field) => field.type === 'repeat' && key.split('@')[0] === field.odataPath.at(-1));

/** The file names a submission mentions: what Central expects to receive. */
export const mentionedFiles = (fields: readonly FormField[], answers: Answers): string[] =>
  fields.flatMap((field) => {
    const name = field.path.at(-1) ?? '';
    const value = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (field.type === 'binary') return typeof value === 'string' && value !== '' ? [value] : [];
    if (Array.isArray(value)) return value.flatMap((one) => mentionedFiles(field.children, one as Answers));
    return isGroup(value) ? mentionedFiles(field.children, value) : [];
  });

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[found] ?? found);

/** The submission as the client sent it, so far as anything reads it. */
export const toSubmissionXml = (form: FormDefinition, answers: Answers): string => {
  const element = (name: string, value: Answers[string]): string => {
    if (value === undefined) return '';
    if (Array.isArray(value)) return value.map((one) => element(name, one as Answers)).join('');
    if (value === null || value === '') return `<${name}/>`;
    if (typeof value === 'string') return `<${name}>${escapeXml(value)}</${name}>`;
    const inner = Object.entries(value as Answers).map(([key, one]) => element(key, one));
    return `<${name}>${inner.join('')}</${name}>`;
  };
  const inner = Object.entries(answers).map(([key, value]) => element(key, value));
  return `<${form.root} id="${escapeXml(form.xmlFormId)}" version="${escapeXml(form.version)}">${inner.join('')}</${form.root}>`;
};

export interface ReadSubmission {
  readonly xmlFormId: string;
  readonly version: string;
  readonly answers: Answers;
}

/** Reads a posted submission; what repeats in the XML becomes a list only where `forms` has a repeat. */
export const readSubmissionXml = (xml: string, fieldsOf: (version: string) => readonly FormField[]): ReadSubmission => {
  const root = parseXml(xml);
  const version = root.attributes['version'] ?? '';
  const toAnswers = (element: Element, fields: readonly FormField[]): Answers => {
    const answers: Record<string, string | Answers | Answers[]> = {};
    for (const one of element.children) {
      const field = fields.find((candidate) => candidate.path.at(-1) === one.name);
      const isBranch = field ? field.children.length > 0 : one.children.length > 0;
      const value = isBranch ? toAnswers(one, field?.children ?? []) : one.text;
      if (field?.type === 'repeat') {
        const list = (answers[one.name] as Answers[] | undefined) ?? [];
        list.push(value as Answers);
        answers[one.name] = list;
      } else answers[one.name] = value;
    }
    return answers;
  };
  return { xmlFormId: root.attributes['id'] ?? '', version, answers: toAnswers(root, fieldsOf(version)) };
};
