import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Program = typeof import('../../verifier/verify-bundle.mjs');

// The verifier is one file outside the source tree, so that an auditor can take it away and read it. The server runs
// that same file; it stands two folders up from the source and three from the build.
const places = ['../../verifier/verify-bundle.mjs', '../../../verifier/verify-bundle.mjs'];

const place = places.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(fileURLToPath(url)));
if (!place) throw new Error('verifier/verify-bundle.mjs is missing');

/** The stand-alone verifier. */
export const program = (await import(place.href)) as Program;

/** Where it is, for those who want to copy it. */
export const programFile: string = fileURLToPath(place);
