import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import type { RegistryName } from '../../src/dci/registries/all.ts';

// The published files lie beside the checkout, not in it; without them these checks are skipped, and say so.
const folder = fileURLToPath(new URL('../../../shared/reference/dci/compliance-spec/', import.meta.url));

export const hasReference = existsSync(folder);

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const loaded = new Set<string>();

/** The published schema of what an operation answers, or undefined where the files are not at hand. */
export const publishedAnswer = (
  registry: RegistryName,
  path: string,
  response = 'default',
): ValidateFunction | undefined => {
  if (!hasReference) return undefined;
  if (!loaded.has(registry)) {
    ajv.addSchema(parse(readFileSync(`${folder}${registry}_api_v1.0.0.yaml`, 'utf8')), `https://published/${registry}`);
    loaded.add(registry);
  }
  const pointer = ['paths', path, 'post', 'responses', response, 'content', 'application/json', 'schema']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const ref = `https://published/${registry}#/${pointer}`;
  return ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
};
