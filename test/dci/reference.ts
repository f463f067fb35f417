import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import type { RegistryName } from '../../src/dci/registries/all.ts';

// The published files lie beside the checkout, not in it; without them these checks are skipped, and say so.
const folder = fileURLToPath(new URL('../../../shared/reference/dci/compliance-spec/', import.meta.url));

export const hasReference = existsSync(folder);

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);

/** A published schema; what it finds wrong stands in `errors`. */
export interface Published {
  (value: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

const documents = new Map<RegistryName, object>();

const documentOf = (registry: RegistryName): object => {
  const known = documents.get(registry);
  if (known) return known;
  const document = parse(readFileSync(`${folder}${registry}_api_v1.0.0.yaml`, 'utf8')) as object;
  documents.set(registry, document);
  ajv.addSchema(document, idOf(registry));
  return document;
};

const idOf = (registry: RegistryName): string => `https://published/${registry}`;

/** Whether a document has something at a path of keys. */
const reaches = (document: unknown, [first, ...rest]: readonly string[]): boolean => {
  if (first === undefined) return true;
  const inner = (document as Record<string, unknown> | undefined | null)?.[first];
  return inner !== undefined && inner !== null && reaches(inner, rest);
};

const schemaAt = (registry: RegistryName, path: readonly string[]): Published | undefined => {
  if (!hasReference || !reaches(documentOf(registry), path)) return undefined;
  const pointer = path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const ref = `${idOf(registry)}#/${pointer}`;
  return (ajv.getSchema(ref) ?? ajv.compile({ $ref: ref })) as Published;
};

const content = ['content', 'application/json', 'schema'];

/** The published schema of what an operation answers, or undefined where the files are not at hand. */
export const publishedAnswer = (registry: RegistryName, path: string): Published | undefined =>
  schemaAt(registry, ['paths', path, 'post', 'responses', 'default', ...content]);

/** The published schema of what an operation is asked with: of callbacks, what we send. */
export const publishedRequest = (registry: RegistryName, path: string): Published | undefined =>
  schemaAt(registry, ['paths', path, 'post', 'requestBody', ...content]);

/** The published schema of errors with an HTTP status of their own. */
export const publishedError = (registry: RegistryName): Published | undefined =>
  schemaAt(registry, ['components', 'responses', 'HttpErrorResponse', ...content]);

/** The published schema of an Ack: what asynchronous calls and callbacks are answered with. */
export const publishedAck = (registry: RegistryName): Published | undefined =>
  schemaAt(registry, ['components', 'responses', 'Response', ...content]);

/** A published schema by its name; for answers whose operation refers to a schema where a response belongs. */
export const publishedSchema = (registry: RegistryName, name: string): Published | undefined =>
  schemaAt(registry, ['components', 'schemas', name]);

const release = fileURLToPath(new URL('../../../shared/reference/dci/standards-release/', import.meta.url));

/** The published schema of a document that everybody may read: of our keys, of our places. */
export const publishedDocument = (name: 'jwks' | 'locations', path: string): Published | undefined => {
  if (!existsSync(release)) return undefined;
  const id = `https://published/${name}`;
  if (!ajv.getSchema(id))
    ajv.addSchema(parse(readFileSync(`${release}${name}_core_api_v1.0.0.yaml`, 'utf8')) as object, id);
  const pointer = ['paths', path, 'get', 'responses', '200', ...content]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  return ajv.compile({ $ref: `${id}#/${pointer}` }) as Published;
};
