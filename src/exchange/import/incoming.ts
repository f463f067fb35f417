import type { EnrolmentSaid } from '../../dci/registries/registry.ts';
import type { Draft } from '../../registry/model.ts';
import {
  fromGroupResource,
  fromIndividualResource,
  type IdentifierKey,
  type IncomingFile,
} from '../../registry/resource/index.ts';
import { type Outcome, toReason } from './outcome.ts';

/** A file that came inside a row, with what the blob store will call it. */
export interface IncomingBlob {
  readonly name: string;
  readonly contentType: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly size: number;
}

/** One registrant as a row describes it. */
export interface IncomingRecord {
  readonly draft: Draft;
  readonly saysActive: boolean;
  readonly systemId?: string;
  /** The programme that the registrant is put into, besides those that it is in. */
  readonly programme?: string;
  /** Those that the record itself says its subject is in, or was. */
  readonly enrolments?: readonly EnrolmentSaid[];
  readonly photo?: IncomingBlob;
  readonly documents?: readonly IncomingBlob[];
}

/** A member of a row's group: somebody in the registry (or the file), or one of the row's own people. */
export interface IncomingMember {
  readonly whom: { readonly references: readonly IdentifierKey[] } | { readonly person: number };
  readonly roles: readonly string[];
  readonly start?: string;
  readonly end?: string;
}

/** What one line brings: people, and at most one group of people. A line goes in as a whole or not at all. */
export interface IncomingLine {
  readonly line: number;
  readonly people: readonly IncomingRecord[];
  readonly group?: IncomingRecord & { readonly members?: readonly IncomingMember[] };
}

/** Makes the bytes of a row's files durable (or only counts them, in a dry run) and says what they are called. */
export type StoreFile = (file: IncomingFile) => Promise<IncomingBlob>;

const toRecord = async (
  read: {
    readonly draft: Draft;
    readonly saysActive: boolean;
    readonly systemId?: string;
    readonly photo?: IncomingFile;
    readonly documents?: readonly IncomingFile[];
  },
  storeFile: StoreFile,
): Promise<IncomingRecord> => {
  const { photo, documents, draft, saysActive, systemId } = read;
  const record = { draft, saysActive, ...(systemId === undefined ? {} : { systemId }) };
  if (!photo && !documents) return record;
  return {
    ...record,
    ...(photo ? { photo: await storeFile(photo) } : {}),
    ...(documents ? { documents: await Promise.all(documents.map(storeFile)) } : {}),
  };
};

/** Turns a row of the API V2 form into what it brings, or into its failure with everything that is wrong. */
export const fromResourceRow = async (
  line: number,
  json: unknown,
  kind: 'individual' | 'group',
  options: { readonly today: string; readonly storeFile: StoreFile },
): Promise<IncomingLine | Outcome> => {
  if (kind === 'individual') {
    const reading = fromIndividualResource(json, options);
    if (!reading.ok) return { line, is: 'failed', reason: toReason(reading.problems) };
    return { line, people: [await toRecord(reading.value, options.storeFile)] };
  }
  const reading = fromGroupResource(json, options);
  if (!reading.ok) return { line, is: 'failed', reason: toReason(reading.problems) };
  const members = reading.value.members?.map(({ references, ...rest }) => ({ whom: { references }, ...rest }));
  const group = await toRecord(reading.value, options.storeFile);
  return { line, people: [], group: members ? { ...group, members } : group };
};

export const isOutcome = (item: IncomingLine | Outcome): item is Outcome => 'is' in item;
