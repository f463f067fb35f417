import type { Json } from '../../core/json.ts';
import { registries } from '../../dci/registries/all.ts';
import { dayOf, type Registrant } from '../../registry/index.ts';
import { toGroupResource, toIndividualResource } from '../../registry/resource/index.ts';
import type { BlobStore } from '../../storage/index.ts';
import type { ExportDeps, ExportOptions } from './ports.ts';
import type { Walked } from './walk.ts';

export type Row = { readonly [member: string]: Json };

/** Writes one registrant as a row; `undefined` for one that the format has no record for. */
export type ToRow = (walked: Walked) => Promise<Row | undefined>;

const attachmentsOf = ({ photo, documents = [] }: Registrant) => (photo ? [photo, ...documents] : documents);

/** One registrant's files at a time: a page of photos would not fit in memory. */
const readFiles = async (registrant: Registrant, blobs: BlobStore): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>();
  for (const { blob } of attachmentsOf(registrant)) {
    const bytes = await blobs.read(blob);
    if (bytes) files.set(blob, bytes.toString('base64'));
  }
  return files;
};

/** As `readFiles` without reading any: for a look at which columns there will be. */
export const nameFiles = (registrant: Registrant): ReadonlyMap<string, string> =>
  new Map(attachmentsOf(registrant).map(({ blob }) => [blob, '-']));

const none: ReadonlyMap<string, string> = new Map();

/** The rows of API V2 (api-v2.md §8, §9), or those of a DCI registry (dci.md §9.3, §9.4). */
export const createToRow = (
  { blobs, clock }: ExportDeps,
  { format }: ExportOptions,
  filesOf: (registrant: Registrant) => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>> = (one) =>
    readFiles(one, blobs),
): ToRow => {
  const today = dayOf(clock());
  if (format) {
    const { recordTypes, toRecord } = registries[format.dci];
    return async ({ registrant, kinships }) =>
      recordTypes[registrant.kind] === undefined ? undefined : toRecord(registrant, { kin: kinships, today });
  }
  return async ({ registrant, kinships }) => {
    const hasFiles = registrant.photo !== undefined || registrant.documents !== undefined;
    const options = { today, files: hasFiles ? await filesOf(registrant) : none };
    return registrant.kind === 'group'
      ? toGroupResource(registrant, kinships, options)
      : toIndividualResource(registrant, kinships, options);
  };
};
