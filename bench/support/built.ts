/**
 * A module of the build, with the types of its source. What is measured is the program as it is served: the loader that
 * runs TypeScript in development adds a call for each function that is made.
 */
export const built = async <Module>(path: string): Promise<Module> =>
  (await import(new URL(`../../dist/src/${path}.js`, import.meta.url).href)) as Module;
