import type { Engine } from './expressions/engine.ts';
import type { MappingFault, Reading } from './reading.ts';

// What jq says when it cannot read a program, and never of a value.
const COMPILE = /^jq: error: (.*?)(?: \([^)]*\))? at <top-level>[\s\S]*compile error/;

/**
 * Finds jq expressions that do not compile. Unlike JSONata, jq is read nowhere but in the engine; each is tried once on
 * an empty row, of which only what jq says of the program itself counts.
 */
export const findJqFaults = async (engine: Engine, { jq }: Reading): Promise<MappingFault[]> => {
  if (jq.length === 0) return [];
  const [outcomes = []] = await engine.evaluate(
    jq.map(({ source }) => ({ source, language: 'jq', chain: [] })),
    ['{}'],
  );
  return jq.flatMap(({ source, path }, at) => {
    const found = COMPILE.exec(outcomes[at]?.[0]?.error ?? '');
    return found ? [{ path, message: `${JSON.stringify(source)} does not compile: ${found[1]}` }] : [];
  });
};
