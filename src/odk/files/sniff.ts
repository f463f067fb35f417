const signatures: readonly (readonly [type: string, at: number, bytes: string])[] = [
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/gif', 0, 'GIF8'],
  ['image/webp', 8, 'WEBP'],
  ['image/heic', 4, 'ftypheic'],
  ['image/heic', 4, 'ftypmif1'],
  ['image/bmp', 0, 'BM'],
  ['application/pdf', 0, '%PDF-'],
];

/** As many bytes as a signature needs. */
export const HEAD_BYTES = 16;

/** What a file is by its first bytes; what the device says of it is a claim (odk.md §9). */
export const sniff = (head: Buffer): string | undefined =>
  signatures.find(([, at, bytes]) => head.toString('latin1', at, at + bytes.length) === bytes)?.[0];

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/i;

/** The type to keep: the one seen, else the one claimed, as long as it is one. */
export const contentTypeOf = (head: Buffer, claimed: string | undefined): string => {
  const seen = sniff(head);
  if (seen) return seen;
  const [type = ''] = (claimed ?? '').split(';');
  // A claim that the bytes do not bear out: nobody shall show it as a picture.
  return TYPE.test(type.trim()) && !/^(image|application\/pdf)/i.test(type)
    ? type.trim().toLowerCase()
    : 'application/octet-stream';
};

export const isImage = (contentType: string): boolean => contentType.startsWith('image/');
