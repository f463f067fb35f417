/**
 * Keys of the items that are meant, read page by page: `read` answers those that follow a key, none at the end.
 */
export const findInPages = async <Item, Key>(
  start: Key,
  read: (after: Key) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Key,
  isMeant: (item: Item) => boolean,
): Promise<readonly Key[]> => {
  const found: Key[] = [];
  for (let after = start; ; ) {
    const page = await read(after);
    for (const item of page) if (isMeant(item)) found.push(keyOf(item));
    const last = page.at(-1);
    if (last === undefined) return found;
    after = keyOf(last);
  }
};
