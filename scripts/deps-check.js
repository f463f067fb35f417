// Checks the import arrows of the house (docs/house.md) and that the checker really saw the modules: a checker that
// cannot read the compiler's output reports "no violations" over nothing.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { default: ruleSet } = await import('../.dependency-cruiser.js');

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const { output } = await cruise(
  ['src'],
  {
    ruleSet,
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    combinedDependencies: true,
  },
  {},
  { tsConfig: extractTSConfig('tsconfig.json') },
);

const seen = output.modules.filter((module) => module.source.startsWith('src/')).length;
const arrows = output.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
if (seen < sources.length || arrows < sources.length) {
  console.error(`the checker saw ${seen} of ${sources.length} modules and ${arrows} arrows: it is not looking`);
  process.exit(1);
}
if (output.summary.violations.length > 0) process.exit(1);
console.log(`arrows: ${seen} modules, ${arrows} arrows, 0 violations`);
