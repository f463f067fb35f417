import { createHash } from 'node:crypto';
import { Fault } from '../core/fault.ts';
import type { Mapping } from './mapping/model.ts';
import { parseMappingText } from './mapping/parse.ts';
import { readMapping } from './mapping/read.ts';
import type { SourceSettings } from './source.ts';

const compiled = new Map<string, Mapping>();
const MOST_KEPT = 100;

/** The mapping of a stored source, compiled once per process. It was checked against the form when it was saved. */
export const compileMapping = (text: string): Mapping => {
  const found = compiled.get(text);
  if (found) return found;
  const { mapping, faults } = readMapping(parseMappingText(text));
  if (!mapping) throw new Fault('mapping.invalid', `the stored mapping cannot be read: ${faults[0]?.message}`);
  if (compiled.size >= MOST_KEPT) compiled.clear();
  compiled.set(text, mapping);
  return mapping;
};

/** Names everything that decides what becomes of a submission: with another name it may become something else. */
export const mappingVersionOf = (text: string, settings: SourceSettings): string => {
  const { accept, versions, read, onDelete, encrypted } = settings;
  const decides = JSON.stringify([text, accept, versions ?? null, read, onDelete, encrypted]);
  return createHash('sha256').update(decides).digest('hex').slice(0, 12);
};
