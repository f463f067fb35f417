/** Foreign text as a column can hold it: what it cannot hold is replaced on the way in and in every look-up alike. */
export const toColumn = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');
