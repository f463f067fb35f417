const view = new DataView(new ArrayBuffer(8));

/**
 * A number as 16 hexadecimal digits that sort as text the way the numbers sort: the bits of the double, with the
 * sign bit flipped for positive numbers and all bits flipped for negative ones. So one text column and one index
 * hold the values of every type.
 */
export const toSortable = (value: number): string => {
  view.setFloat64(0, value === 0 ? 0 : value); // minus zero equals zero
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  const negative = high >= 0x80000000;
  const a = negative ? ~high >>> 0 : (high | 0x80000000) >>> 0;
  const b = negative ? ~low >>> 0 : low;
  return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
};
