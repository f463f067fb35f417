import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { Row } from './row.ts';

const CHUNK = 512 * 1024;

// A photo of five megabytes and some documents fit; what is longer is not a record, and is passed over unread.
export const MAX_LINE = 16 * 1024 * 1024;

const NEWLINE = 10;
const BOM = 0xfeff;

const parse = (line: number, bytes: Buffer): Row | undefined => {
  if (!isUtf8(bytes)) return { line, reason: 'the line is not UTF-8' };
  const text = bytes.toString('utf8');
  const start = line === 1 && text.charCodeAt(0) === BOM ? 1 : 0;
  const body = start === 0 ? text : text.slice(start);
  if (body.trim() === '') return undefined;
  try {
    return { line, json: JSON.parse(body), bytes: bytes.length };
  } catch {
    // The parser's own words quote the text, and with it somebody's data.
    return { line, reason: 'the line is not JSON' };
  }
};

/**
 * Reads newline-delimited JSON (one document per line, blank lines between are fine). Never holds more than one chunk
 * and one line.
 */
export const readNdjson = async function* (path: string, maxLine = MAX_LINE): AsyncGenerator<readonly Row[]> {
  let line = 1;
  let pending: Buffer[] = [];
  let pendingSize = 0;
  let tooLong = false;

  const take = (rows: Row[], last: Buffer): void => {
    if (tooLong || pendingSize + last.length > maxLine) {
      rows.push({ line, reason: `the line is longer than ${maxLine} bytes` });
    } else {
      const row = parse(line, pending.length === 0 ? last : Buffer.concat([...pending, last]));
      if (row) rows.push(row);
    }
    pending = [];
    pendingSize = 0;
    tooLong = false;
    line += 1;
  };

  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    const rows: Row[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(rows, chunk.subarray(from, end));
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    pendingSize += rest.length;
    if (pendingSize > maxLine) {
      tooLong = true;
      pending = [];
    } else if (rest.length > 0) pending.push(rest);
    if (rows.length > 0) yield rows;
  }
  if (pendingSize > 0) {
    const rows: Row[] = [];
    const rest = Buffer.concat(pending);
    pending = [];
    pendingSize = tooLong ? pendingSize : 0;
    take(rows, rest);
    if (rows.length > 0) yield rows;
  }
};
