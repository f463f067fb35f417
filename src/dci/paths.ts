import { type OperationName, operationNames, operationOf } from './operations.ts';
import { type RegistryName, registryNames } from './registries/registry.ts';

/** Where a path leads: an operation, of one registry or of the one that is configured. */
export interface Endpoint {
  readonly operation: OperationName;
  /** Absent on neutral paths. */
  readonly registry?: RegistryName;
}

interface Prefix {
  readonly path: string;
  readonly registry?: RegistryName;
  /** Only these; absent: every operation. */
  readonly only?: readonly OperationName[];
}

const searches: readonly OperationName[] = ['search', 'sync/search'];

/** The prefixes of dci.md §1.1: peers and suites put the same operations under all of these. */
const prefixes: readonly Prefix[] = [
  { path: '/registry' },
  ...registryNames.map((registry) => ({ path: `/${registry}/registry`, registry })),
  { path: '/sr', registry: 'social' },
  { path: '/crvs', registry: 'crvs' },
  { path: '/dr', registry: 'dr' },
  { path: '/fr', registry: 'fr' },
  { path: '/ibr', registry: 'ibr' },
  { path: '/disability/registry', registry: 'dr' },
  { path: '/farmer/registry', registry: 'fr' },
  { path: '/civil/registry', registry: 'crvs' },
  { path: '/dci', only: searches },
  { path: '/dci/registry', only: searches },
];

/** The root under which one peer mounts everything. */
export const ALTERNATIVE_ROOT = '/dci_api/v1';

const suffixes = (prefix: Prefix): readonly (readonly [suffix: string, operation: OperationName])[] => [
  ...(prefix.only ?? operationNames).map((name) => [operationOf(name).path, name] as const),
  ...(prefix.path === '/dci' ? [['async/search', 'search'] as const] : []),
];

/**
 * Every path there is, looked up whole: some four hundred, which a router would try one after the other.
 */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  ['', ALTERNATIVE_ROOT].flatMap((root) =>
    prefixes.flatMap((prefix) =>
      suffixes(prefix).map(([suffix, operation]): [string, Endpoint] => [
        `${root}${prefix.path}/${suffix}`,
        { operation, ...(prefix.registry ? { registry: prefix.registry } : {}) },
      ]),
    ),
  ),
);

/** Under what anything of this door may stand: nothing, the alternative root, and every prefix under both. */
export const allRoots: readonly string[] = ['', ALTERNATIVE_ROOT].flatMap((root) => [
  root,
  ...prefixes.map(({ path }) => `${root}${path}`),
]);

const roots = prefixes.flatMap(({ path }) => [`${path}/`, `${ALTERNATIVE_ROOT}${path}/`]);

/** Whether a path that leads nowhere is meant for this door: it is then refused in the words of the standard. */
export const isDciPath = (path: string): boolean => roots.some((root) => path.startsWith(root));

const shortPath = /^\/(sr|crvs|dr|fr|ibr)\/(?!registry\/)/;

/** Whether a path stands under one of the short prefixes (`/sr/search`), which the mock-up suites use. */
export const isShortPath = (path: string): boolean => shortPath.test(path);
