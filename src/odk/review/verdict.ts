import type { Json } from '../../core/json.ts';
import type { DeadLetterReason } from '../reasons.ts';
import type { SourceSettings, WriteBack } from '../source.ts';
import type { Entry, Outcome } from '../submissions.store.ts';

/** What is to be told to Central of a submission. */
export interface Verdict {
  /** Told once: the same verdict on the same version is not repeated. */
  readonly key: string;
  readonly state: string | undefined;
  /** Why it was not imported, in words for whoever reviews it. */
  readonly remark: string | undefined;
}

const imported = new Set<Outcome>(['created', 'updated', 'unchanged', 'restored']);

/**
 * Reasons that somebody in the field can act on. The others are about the form, the server or our own gate; to mark
 * every submission of a form because nobody mapped its new version would help nobody.
 */
const tellable = new Set<DeadLetterReason>([
  'required-missing',
  'unknown-choice',
  'bad-type',
  'head-missing',
  'head-ambiguous',
  'duplicate-identifier',
  'mapping-error',
  'target-rejected',
  'attachment-missing',
  'attachment-too-large',
]);

const isAboutFile = (reason: DeadLetterReason): boolean => reason.startsWith('attachment-');

const toRemark = (reason: DeadLetterReason, { path, value }: Entry, values: SourceSettings['values']): string => {
  const what = isAboutFile(reason) ? 'A file could not be imported' : 'Import failed';
  const found = value === null ? null : (JSON.parse(value) as Json);
  const shown = values === 'masked' || found === null ? '' : ` (${JSON.stringify(found).slice(0, 200)})`;
  return `${what}: ${reason}${path ? ` at ${path}` : ''}${shown}`;
};

/** `undefined`: there is nothing to tell. */
export const verdictOf = (
  entry: Entry,
  writeBack: WriteBack,
  values: SourceSettings['values'],
): Verdict | undefined => {
  const { reason, outcome, version_id } = entry;
  if (reason !== null && !tellable.has(reason)) return undefined;
  // What lacks a file was imported all the same.
  const isImported = outcome !== null && imported.has(outcome) && (reason === null || isAboutFile(reason));
  if (!isImported && (outcome !== 'parked' || reason === null)) return undefined;
  return {
    key: `${isImported ? 'imported' : 'failed'} ${version_id}`,
    state: isImported ? writeBack.imported : writeBack.failed,
    remark: writeBack.comment && reason !== null ? toRemark(reason, entry, values) : undefined,
  };
};

/** What was told of a submission so far: the verdict of last time, and every remark. */
export interface Told {
  readonly key: string | undefined;
  readonly remarks: readonly string[];
}

export const toldOf = ({ told }: Pick<Entry, 'told'>): Told =>
  told === null ? { key: undefined, remarks: [] } : (JSON.parse(told) as Told);
