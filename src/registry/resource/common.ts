import type { JsonObject } from '../../core/json.ts';
import type { Mutable } from '../../core/mutable.ts';
import { SYSTEM_ID, toIdentifierType } from '../identifier-types.ts';
import type { Attachment, Draft, GroupDraft, Identifier, Registrant } from '../model.ts';
import type { Problem } from './check.ts';
import { fromExtension, toExtension } from './extension.ts';
import {
  fromAddress,
  fromContactPoint,
  fromIdentifiers,
  fromLocation,
  type Report,
  reporter,
  toAddress,
  toContactPoint,
  toIdentifier,
} from './parts.ts';
import type { CommonJson } from './schema.ts';
import { type ReadSystem, readIdTypeSystem } from './systems.ts';

export interface WriteOptions {
  /** `YYYY-MM-DD`: which identifiers are live, for references. */
  readonly today: string;
  /** The bytes of stored files in base64, by blob; a file that is not in it is left out. */
  readonly files?: ReadonlyMap<string, string>;
}

export interface ReadOptions {
  /** `YYYY-MM-DD`: no birth lies after it. The caller decides whose today it is. */
  readonly today: string;
  /** The identifier types that are known, with their aliases; absent: every well-formed code is taken. */
  readonly readSystem?: ReadSystem;
}

/** A file that came inside a record: its bytes are still to be stored. */
export interface IncomingFile {
  readonly name: string;
  readonly contentType: string;
  readonly base64: string;
}

/** What a resource says, and what it says that a draft cannot hold. */
export interface ReadResource<D extends Draft> {
  /** Without `photo` and `documents`: those are files to store first. `system_id` is not among the identifiers. */
  readonly draft: D;
  /** Whether `active` was said; a draft always has it. */
  readonly saysActive: boolean;
  /** The registrant's own id, when the resource brings it (it was exported by a registry like ours). */
  readonly systemId?: string;
  readonly photo?: IncomingFile;
  readonly documents?: readonly IncomingFile[];
}

/** Either what was read, or everything that is wrong with it. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const files = (list: readonly Attachment[], stored: ReadonlyMap<string, string>): readonly JsonObject[] =>
  list.flatMap(({ name, contentType, blob }) => {
    const data = stored.get(blob);
    return data === undefined ? [] : [{ title: name, contentType, data }];
  });

/** The members that persons and groups share, in the order of the contract. */
export const toCommon = (registrant: Registrant, options: WriteOptions) => {
  const { addresses, telecom, location, registrationDate, photo, documents } = registrant;
  const extension = toExtension(registrant);
  const stored = options.files ?? new Map<string, string>();
  const photoData = photo ? stored.get(photo.blob) : undefined;
  const document = documents ? files(documents, stored) : [];
  return {
    head: {
      identifier: [
        ...registrant.identifiers.map(toIdentifier),
        toIdentifier({ type: SYSTEM_ID, value: registrant.id }),
      ],
      active: registrant.active,
    },
    tail: {
      ...(telecom?.length ? { telecom: telecom.map(toContactPoint) } : {}),
      ...(addresses?.length ? { address: addresses.map(toAddress) } : {}),
      ...(location ? { location } : {}),
      ...(registrationDate === undefined ? {} : { registrationDate }),
      ...(photoData === undefined ? {} : { photo: photoData }),
      ...(document.length > 0 ? { document } : {}),
    },
    extension: extension ? { extension } : {},
    meta: { versionId: String(registrant.version), lastUpdated: registrant.updatedAt },
  };
};

// What the first bytes of a file look like in base64; a record carries no name or type of its photo.
const photoTypes: readonly (readonly [string, string, string])[] = [
  ['/9j/', 'image/jpeg', 'jpg'],
  ['iVBORw0KGgo', 'image/png', 'png'],
  ['R0lGOD', 'image/gif', 'gif'],
  ['UklGR', 'image/webp', 'webp'],
];

const toPhoto = (base64: string): IncomingFile => {
  const [, contentType, ending] = photoTypes.find(([start]) => base64.startsWith(start)) ?? [
    '',
    'application/octet-stream',
    'bin',
  ];
  return { name: `photo.${ending}`, contentType, base64 };
};

const systemIdOf = (identifiers: readonly Identifier[], report: Report): string | undefined => {
  const all = identifiers.filter(({ type }) => type === SYSTEM_ID);
  const id = all[0]?.value.toLowerCase();
  if (all.length > 1) report('/identifier', `must hold at most one ${SYSTEM_ID}`);
  else if (id !== undefined && !UUID.test(id)) report('/identifier', `${SYSTEM_ID} must be a UUID`);
  return id;
};

/** Reads what persons and groups share. An identifier said twice is one. */
export const fromCommon = (json: CommonJson, options: ReadOptions, problems: Problem[]) => {
  const report = reporter(problems);
  const all = fromIdentifiers(json.identifier, options.readSystem ?? readIdTypeSystem, report);
  const systemId = systemIdOf(all, report);
  const seen = new Set<string>();
  const identifiers = all.filter(({ type, value, start, end }) => {
    const key = `${toIdentifierType(type)}|${value}|${start}|${end}`;
    if (type === SYSTEM_ID || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const { attributes, sections } = fromExtension(json.extension);
  const location = fromLocation(json.location, report);

  const draft: Mutable<Omit<GroupDraft, 'kind' | 'name' | 'groupType'>> = { active: json.active ?? true, identifiers };
  if (json.telecom?.length) draft.telecom = json.telecom.map(fromContactPoint);
  if (json.address?.length) draft.addresses = json.address.map(fromAddress);
  if (location) draft.location = location;
  if (json.registrationDate) draft.registrationDate = json.registrationDate;
  if (sections) draft.sections = sections;
  if (attributes) draft.attributes = attributes;
  return {
    draft,
    rest: {
      saysActive: json.active !== undefined,
      ...(systemId === undefined ? {} : { systemId }),
      ...(json.photo ? { photo: toPhoto(json.photo) } : {}),
      ...(json.document?.length
        ? {
            documents: json.document.map(({ title, contentType, data }) => ({
              name: title,
              contentType,
              base64: data,
            })),
          }
        : {}),
    },
  };
};
