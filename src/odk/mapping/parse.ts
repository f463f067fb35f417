import { parseDocument } from 'yaml';
import { Fault } from '../../core/fault.ts';

const MAX_LENGTH = 1024 * 1024;

/** Parses a mapping file, YAML or JSON (of which YAML 1.2 is a superset). Anchors and double keys are refused. */
export const parseMappingText = (text: string): unknown => {
  if (text.length > MAX_LENGTH) throw invalid('the mapping file is larger than 1 MiB');
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [error] = document.errors;
  if (error) throw invalid(`the mapping file cannot be read: ${error.message.split('\n')[0]}`);
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw invalid(`the mapping file cannot be read: ${(cause as Error).message}`, cause);
  }
};

const invalid = (message: string, cause?: unknown): Fault =>
  new Fault('mapping.invalid', message, { errors: [{ path: '', message }] }, { cause });
