import type { Json, JsonObject } from '../../core/json.ts';
import { type SectionName, type Sections, sectionNames } from '../model.ts';
import { SECTION_PREFIX } from './schema.ts';

/** What a registrant knows beyond the common members: open attributes and the sections of the DCI registries. */
export interface Extended {
  readonly attributes?: { readonly [name: string]: Json };
  readonly sections?: Sections;
}

const sectionUrl = (name: SectionName): string => `urn:spdci:extension:${name}`;
const sectionOfKey = new Map<string, SectionName>(sectionNames.map((name) => [`${SECTION_PREFIX}${name}`, name]));

/**
 * Each attribute stands under its own key with its own value; each DCI section under `dci-<name>` with a `url`, as
 * extensions of API V2 have it. A section wins over an attribute that has taken its key.
 */
export const toExtension = ({ attributes, sections }: Extended): JsonObject | undefined => {
  const extension: [string, Json][] = Object.entries(attributes ?? {}).filter(([key]) => !sectionOfKey.has(key));
  for (const name of sectionNames) {
    const section = sections?.[name];
    if (section) extension.push([`${SECTION_PREFIX}${name}`, { url: sectionUrl(name), ...section }]);
  }
  return extension.length > 0 ? Object.fromEntries(extension) : undefined;
};

/** The way back; a `null` says nothing (api-v2.md §8). */
export const fromExtension = (extension: { readonly [key: string]: unknown } | undefined): Extended => {
  const attributes: [string, Json][] = [];
  const sections: [string, JsonObject][] = [];
  for (const [key, value] of Object.entries(extension ?? {})) {
    if (value === null || value === undefined) continue;
    const name = sectionOfKey.get(key);
    if (name) {
      const { url: _url, ...section } = value as JsonObject;
      sections.push([name, section]);
    } else attributes.push([key, value as Json]);
  }
  return {
    ...(attributes.length > 0 ? { attributes: Object.fromEntries(attributes) } : {}),
    ...(sections.length > 0 ? { sections: Object.fromEntries(sections) } : {}),
  };
};
