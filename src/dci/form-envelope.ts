import busboy from 'busboy';
import { Fault } from '../core/fault.ts';

/** The form of the asynchronous calls (dci.md §1, `FileInfo`): the envelope as a file, and what it is. */
export interface FormEnvelope {
  /** The file's bytes: what is signed, and what the ledger keeps. */
  readonly envelope: Buffer;
  readonly action: string;
}

const MAX_PARTS = 8;
const MAX_FIELD = 1024;
const ENVELOPE = 'fileName';

const bad = (message: string, cause?: unknown): Fault => new Fault('dci.request-invalid', message, {}, { cause });

export const isForm = (contentType: string): boolean => /^\s*multipart\/form-data\b/i.test(contentType);

const openParser = (contentType: string, size: number): busboy.Busboy => {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      // An envelope may come as a field without a file name: then it is as long as the whole form at most.
      limits: { files: 1, fileSize: size, fieldSize: size, parts: MAX_PARTS, fieldNameSize: 100, headerPairs: 20 },
    });
  } catch (cause) {
    throw bad('the form cannot be read: its boundary is missing', cause);
  }
};

interface Parts {
  readonly fields: Map<string, string>;
  envelope?: Buffer;
}

const readParts = (parser: busboy.Busboy, body: Buffer): Promise<Parts> =>
  new Promise((resolve, reject) => {
    const parts: Parts = { fields: new Map() };
    const fail = (message: string, cause?: unknown): void => reject(bad(message, cause));
    parser.on('file', (name, stream) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('error', (cause) => fail('the form ends too early', cause));
      stream.on('end', () => {
        if (name === ENVELOPE) parts.envelope = Buffer.concat(pieces);
      });
    });
    parser.on('field', (name, value) => {
      if (name === ENVELOPE) parts.envelope ??= Buffer.from(value);
      else parts.fields.set(name, value.slice(0, MAX_FIELD));
    });
    parser.on('filesLimit', () => fail('the form holds more than one file'));
    parser.on('partsLimit', () => fail(`the form has more than ${MAX_PARTS} parts`));
    parser.on('error', (cause) => fail('the form cannot be read', cause));
    parser.on('close', () => resolve(parts));
    parser.end(body);
  });

/** Opens the multipart form of a call. `body` is the whole form, bounded already. */
export const readFormEnvelope = async (contentType: string, body: Buffer): Promise<FormEnvelope> => {
  const { fields, envelope } = await readParts(openParser(contentType, body.length), body);
  const action = fields.get('action');
  if (action === undefined || action === '') throw bad('action: is missing in the form');
  if (envelope === undefined) throw bad(`${ENVELOPE}: the form holds no file of this name`);
  const format = fields.get('fileFormat');
  if (format && !/^(application\/)?json$/i.test(format)) throw bad('fileFormat: only json is read');
  return { envelope, action };
};
