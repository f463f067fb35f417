import {
  type Attachment,
  type Draft,
  type Registrant,
  type Registry,
  type SaveRequest,
  toDraft,
  type Writer,
  writerOf,
} from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { FileReference } from '../mapping/map-registrant.ts';
import type { FileTarget } from './files.store.ts';
import { isImage } from './sniff.ts';

/**
 * A draft made of answers, with the files that came for it before as far as the answers still name them. Without this
 * an edit would take them away until they are fetched again.
 */
export const keepFiles = <T extends Draft>(
  draft: T,
  files: readonly FileReference[],
  current: Registrant | undefined,
): T => {
  const names = new Set(files.map(({ name }) => name));
  const documents = (current?.documents ?? []).filter(({ name }) => names.has(name));
  const hasPhoto = current?.photo !== undefined && files.some(({ target }) => target === 'photo');
  return {
    ...draft,
    // Another photo replaces this one when it is here.
    ...(hasPhoto ? { photo: current.photo } : {}),
    ...(documents.length > 0 ? { documents } : {}),
  };
};

const withFile = (registrant: Registrant, file: Attachment, as: FileTarget['target'], writer: Writer): Draft => {
  const draft = toDraft(registrant);
  const isOthers = (path: string): boolean => (writerOf(registrant, path) ?? writer) !== writer;
  // Whatever the answers call it: what is no picture is no photo.
  if (as === 'photo' && isImage(file.contentType)) {
    return isOthers('photo') ? draft : { ...draft, photo: file };
  }
  if (isOthers(`documents.${file.name}`)) return draft;
  const documents = (draft.documents ?? []).filter(({ name }) => name !== file.name);
  return { ...draft, documents: [...documents, file] };
};

/** Gives a stored file to those it is for; a photo or a document that somebody else put there stays. */
export const attachFile = async (
  tx: Tx,
  registry: Registry,
  targets: readonly FileTarget[],
  file: Attachment,
  writer: Writer,
): Promise<void> => {
  for (const as of ['photo', 'document'] as const) {
    const ids = targets.filter(({ target }) => target === as).map(({ registrant }) => registrant);
    const registrants = await registry.load(ids, tx);
    const requests: SaveRequest[] = [...registrants.values()].map((registrant) => ({
      id: registrant.id,
      draft: withFile(registrant, file, as, writer),
      expectedVersion: registrant.version,
    }));
    if (requests.length > 0) await registry.save(tx, requests, writer);
  }
};
