import { isEqualJson } from '../../core/equal.ts';
import { isLiveIdentifier, merge, SYSTEM_ID, toIdentifierType } from '../../registry/index.ts';
import type { Attachment, Draft, IndividualDraft, Registrant } from '../../registry/model.ts';
import type { IdentifierKey } from '../../registry/resource/index.ts';
import type { IncomingBlob, IncomingRecord } from './incoming.ts';

/** Identifiers are the same when their types mean the same; values are compared as written. */
export const keyOf = ({ type, value }: IdentifierKey): string => `${toIdentifierType(type)}|${value}`;

/** The identifiers by which a record claims to be somebody: live ones, and the id it was exported with. */
export const claimsOf = ({ draft, systemId }: IncomingRecord, today: string): readonly IdentifierKey[] => {
  const live = draft.identifiers.filter((identifier) => isLiveIdentifier(identifier, today));
  return systemId === undefined ? live : [...live, { type: SYSTEM_ID, value: systemId }];
};

/** One registrant of a batch: what it shall become after the lines met so far. */
export interface Slot {
  readonly id: string;
  readonly isNew: boolean;
  readonly draft: Draft;
  readonly changed: boolean;
}

const toAttachment = ({ name, contentType, hash, size }: IncomingBlob): Attachment => ({
  name,
  contentType,
  blob: hash,
  size,
  hash,
});

/** A photo carries no name in a record: the same bytes are the stored photo, not a new one. */
const withFiles = (draft: Draft, { photo, documents }: IncomingRecord, base: Draft | undefined): Draft => ({
  ...draft,
  ...(photo ? { photo: base?.photo?.hash === photo.hash ? base.photo : toAttachment(photo) } : {}),
  ...(documents ? { documents: documents.map(toAttachment) } : {}),
});

/** A name's text that was made of its old parts must not outlive them. */
const withoutStaleText = (merged: Draft, incoming: Draft, base: Draft): Draft => {
  if (merged.kind !== 'individual' || incoming.kind !== 'individual' || base.kind !== 'individual') return merged;
  if (!incoming.name || incoming.name.text !== undefined || merged.name?.text === undefined) return merged;
  const parts = (name: IndividualDraft['name']) => ({ ...name, text: undefined });
  if (isEqualJson(parts(merged.name), parts(base.name))) return merged;
  const { text: _text, ...name } = merged.name;
  return { ...merged, name };
};

/**
 * Lays a record over what is there. What the record does not say stays (an import of three columns must not erase the
 * rest), identifiers are added, and attributes merge by key.
 */
export const layOver = (base: Draft | undefined, record: IncomingRecord): Draft => {
  const incoming = withFiles(record.draft, record, base);
  if (!base) return incoming;
  const said = record.saysActive ? incoming : { ...incoming, active: base.active };
  const { draft } = merge({ ...base, provenance: {} } as Registrant, said, '', { overwrites: 'any', absent: 'keep' });
  return withoutStaleText(draft, said, base);
};
