import { type Condition, malformed, shown, unserved } from './condition.ts';

const META = /[.*+?()[\]{}|^$\\]/;

/** Text without its escapes (`\.` is a dot), or `undefined` when it is more than text. */
const literal = (pattern: string): string | undefined => {
  let text = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern[i] as string;
    if (character === '\\') {
      const escaped = pattern[i + 1];
      // `\d`, `\w`, `\b` … are classes, not escaped characters.
      if (escaped === undefined || /[A-Za-z0-9]/.test(escaped)) return undefined;
      text += escaped;
      i += 1;
    } else if (META.test(character)) return undefined;
    else text += character;
  }
  return text;
};

/**
 * Reads the regular expressions that are plain searches in disguise: anchors, literal text, `.*` at the ends.
 * Anything beyond is refused: a stranger's expression would run on every record, and may never end.
 */
export const readRegex = (name: string, value: unknown): Condition => {
  if (typeof value !== 'string') throw malformed(`${shown(name)}: regex takes text`);
  const anchoredStart = value.startsWith('^');
  const anchoredEnd = /(^|[^\\])(\\\\)*\$$/.test(value);
  let inner = value.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  const openStart = !anchoredStart || inner.startsWith('.*');
  if (inner.startsWith('.*')) inner = inner.slice(2);
  const openEnd = !anchoredEnd || /(^|[^\\])(\\\\)*\.\*$/.test(inner);
  if (/(^|[^\\])(\\\\)*\.\*$/.test(inner)) inner = inner.slice(0, -2);
  const text = literal(inner);
  if (text === undefined) {
    throw unserved(`${shown(name)}: of regular expressions, anchors, plain text and .* at the ends are served`);
  }
  if (text === '') return { op: 'compare', name, is: 'exists', value: true };
  const is = openStart ? (openEnd ? 'contains' : 'endsWith') : openEnd ? 'startsWith' : 'eq';
  return { op: 'compare', name, is, value: text };
};
