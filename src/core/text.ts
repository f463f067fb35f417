/**
 * The form in which text is compared: NFC, lower case. `Élodie` meets `élodie` whichever way it was typed.
 *
 * Done here and not in SQL, because SQLite's `lower()` knows ASCII only and PostgreSQL's depends on the locale:
 * two databases would give two answers.
 */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase();

/** Orders text by code point, as SQLite's BINARY and PostgreSQL's "C" collation do; `<` orders by UTF-16 unit. */
export const compareCodePoints = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates (supplementary planes) sort after the rest of the basic plane.
      const xs = x >= 0xd800 && x <= 0xdfff;
      const ys = y >= 0xd800 && y <= 0xdfff;
      return xs === ys ? x - y : xs ? 1 : -1;
    }
  }
  return a.length - b.length;
};

/** Text that no database or wire of ours can carry: NUL bytes and lone surrogates. */
export const isStorableText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
