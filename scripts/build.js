// Builds `dist/`: clean, compile, compile the message validators. `npm ci` runs this through `prepare`.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

// Old output goes first: a file that was renamed must not live on in the build.
rmSync(`${root}dist/src`, { recursive: true, force: true });
rmSync(`${root}dist/migrations`, { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
run('scripts/compile-schemas.js');
if (existsSync(`${root}dist/src/main.js`)) chmodSync(`${root}dist/src/main.js`, 0o755);
