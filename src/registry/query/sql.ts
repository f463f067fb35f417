/** A piece of SQL with its bound values, in the order of its placeholders. */
export interface Sql {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export const sql = (text: string, ...bindings: readonly unknown[]): Sql => ({ sql: text, bindings });

/**
 * Joins conditions as a balanced tree: a chain of a thousand would be a thousand levels deep to SQLite's parser,
 * which refuses that.
 */
export const join = (parts: readonly Sql[], word: 'and' | 'or'): Sql => {
  if (parts.length === 0) return sql(word === 'and' ? '1=1' : '1=0');
  if (parts.length === 1) return parts[0] as Sql;
  const middle = parts.length >> 1;
  const left = join(parts.slice(0, middle), word);
  const right = join(parts.slice(middle), word);
  return { sql: `(${left.sql} ${word} ${right.sql})`, bindings: [...left.bindings, ...right.bindings] };
};

/** A LIKE pattern part that means its text; the escape character is `!` (a backslash is special to too many). */
export const escapeLike = (text: string): string => text.replace(/[!%_]/g, '!$&');

/**
 * The least text above all that begin with `prefix`, by code point; `undefined` when there is none. With it a
 * search by prefix is a range of the index.
 */
export const afterPrefix = (prefix: string): string | undefined => {
  const points = [...prefix].map((character) => character.codePointAt(0) as number);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      const next = last === 0xd7ff ? 0xe000 : last + 1;
      return String.fromCodePoint(...points, next);
    }
  }
  return undefined;
};
