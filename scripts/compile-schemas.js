// Compiles the message schemas of `schemas/` into `dist/validators.js`, once per build: a wide schema costs about
// 40 ms to compile, which no start and no request should pay.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['accept', 'emit'];

// `verbose` gives each error its schema, where `must` says in plain words what a value has to be.
const ajv = new Ajv2020({
  code: { source: true, esm: true },
  verbose: true,
  allowUnionTypes: true,
  inlineRefs: false,
  strict: true,
  strictRequired: false,
  strictTypes: false,
});
addFormats(ajv);
ajv.addKeyword({ keyword: 'must', schemaType: 'string' });

/** accept/on-search.json -> acceptOnSearch */
const exportName = (folder, file) =>
  folder + file.replace('.json', '').replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());

const names = {};
for (const folder of folders) {
  for (const file of readdirSync(`${root}schemas/${folder}`).sort()) {
    const schema = JSON.parse(readFileSync(`${root}schemas/${folder}/${file}`, 'utf8'));
    ajv.addSchema(schema);
    if (file !== 'parts.json') names[exportName(folder, file)] = schema.$id;
  }
}

// The generated ES module still calls require() for formats and helpers, which does not exist there.
const prelude = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";
mkdirSync(`${root}dist`, { recursive: true });
writeFileSync(`${root}dist/validators.js`, prelude + standalone.default(ajv, names));
console.log(`schemas: ${Object.keys(names).length} validators`);
