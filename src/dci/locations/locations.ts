import { singleFlight } from '../../core/async.ts';
import { type Clock, toTimestamp } from '../../core/clock.ts';
import type { RegistryReader } from '../../registry/ports.ts';
import { createAtlas, type WirePlace } from './atlas.ts';
import { waysOf } from './levels.ts';

/** How long a list is good for: places change slowly, and whoever asks needs no token. */
export const LOCATIONS_MAX_AGE_SECONDS = 600;

const CONTEXT = {
  '@context': 'http://spdci.org/',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  schema: 'http://schema.org/',
};

/** The document of `/.well-known/locations.json` (dci.md §10). */
export interface LocationHierarchy {
  readonly '@context': typeof CONTEXT;
  readonly '@type': 'LocationHierarchy';
  readonly last_updated: string;
  readonly lastUpdated: string;
  readonly locations: readonly WirePlace[];
}

const toDocument = (locations: readonly WirePlace[], at: string): LocationHierarchy => ({
  '@context': CONTEXT,
  '@type': 'LocationHierarchy',
  last_updated: at,
  lastUpdated: at,
  locations,
});

/**
 * The administrative places known to the registry: the countries, regions, districts and localities of its addresses.
 *
 * The whole registry is walked for them, page by page, so at most one walk runs at a time, and while it does everybody
 * gets the list that was made before.
 */
export const createLocations = ({
  registry,
  clock,
}: {
  readonly registry: Pick<RegistryReader, 'walk'>;
  readonly clock: Clock;
}): (() => Promise<LocationHierarchy>) => {
  const once = singleFlight<LocationHierarchy>();
  let made: { readonly document: LocationHierarchy; readonly at: number } | undefined;

  const make = async (): Promise<LocationHierarchy> => {
    const at = clock();
    const atlas = createAtlas();
    for (const kind of ['individual', 'group'] as const) {
      for await (const page of registry.walk(kind)) {
        for (const registrant of page) if (registrant.active) waysOf(registrant).forEach(atlas.add);
      }
    }
    made = { document: toDocument(atlas.list(), toTimestamp(at)), at };
    return made.document;
  };

  return async () => {
    if (!made) return await once('', make);
    // An old list now is worth more than a new one later; a walk that fails leaves it, and the next call tries again.
    if (made.at + LOCATIONS_MAX_AGE_SECONDS * 1000 <= clock()) once('', make).catch(() => {});
    return made.document;
  };
};
