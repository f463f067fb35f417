import { createHash, randomUUID } from 'node:crypto';
import { type Answers, mentionedFiles, readSubmissionXml } from './answers.ts';
import { problems } from './problems.ts';
import { type FormDefinition, type FormField, readForm } from './xform.ts';

export const reviewStates = ['approved', 'rejected', 'hasIssues', 'edited'] as const;
export type ReviewState = (typeof reviewStates)[number] | null;

export interface StoredFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly md5: string;
}

export interface SubmissionVersion {
  readonly instanceId: string;
  readonly createdAt: string;
  readonly formVersion: string;
  readonly answers: Answers;
  /** JSON of the answers as OData shows them, by form version: made once, served often. */
  readonly rendered: Map<string, string>;
}

export interface Submission {
  /** The root instance id, fixed for life. */
  readonly id: string;
  readonly row: number;
  readonly submissionDate: string;
  readonly formVersion: string;
  readonly submitterId: string | null;
  readonly deviceId: string | null;
  updatedAt: string | null;
  deletedAt: string | null;
  reviewState: ReviewState;
  status: 'notDecrypted' | 'missingEncryptedFormData' | null;
  edits: number;
  /** Not committed yet: stamped, and seen by nobody. */
  hidden: boolean;
  /** Newest last. More than one *current* version is the anomaly of two simultaneous edits. */
  versions: SubmissionVersion[];
  current: SubmissionVersion[];
  readonly files: Map<string, StoredFile>;
  readonly comments: { readonly body: string; readonly createdAt: string }[];
}

export interface PublishedVersion extends FormDefinition {
  readonly hash: string;
  readonly publishedAt: string;
}

/** A form of the fake Central: what enumerators, reviewers and operators do to it, and what it holds. */
export interface FakeForm {
  readonly project: number;
  readonly xmlFormId: string;
  readonly createdAt: string;
  readonly published: readonly PublishedVersion[];
  state: 'open' | 'closing' | 'closed';
  keyId: number | null;
  /** In order of stamp and row number; newest last. */
  readonly submissions: readonly Submission[];
  readonly current: () => PublishedVersion;
  readonly find: (id: string) => Submission | undefined;
  readonly publish: (xml: string) => void;
  readonly submit: (answers: Answers, options?: SubmitOptions) => Submission;
  readonly submitXml: (xml: string) => Submission;
  readonly edit: (id: string, answers: Answers, options?: EditOptions) => Submission;
  readonly editXml: (id: string, xml: string) => Submission;
  /** Two editors at the same moment: two current versions, for good. */
  readonly editTwice: (id: string, first: Answers, second: Answers) => Submission;
  readonly review: (id: string, state: ReviewState, options?: HoldOptions) => Submission;
  readonly remove: (id: string, options?: HoldOptions) => Submission;
  readonly restore: (id: string) => Submission;
  readonly purge: (id: string) => void;
  readonly attach: (id: string, name: string, bytes: Buffer, contentType?: string) => void;
  readonly clearFile: (id: string, name: string) => void;
  readonly comment: (id: string, body: string) => void;
  /** Commits what was held back for this submission. */
  readonly release: (id: string) => void;
  readonly expectedFiles: (submission: Submission) => readonly string[];
}

export interface HoldOptions {
  /** Takes its stamp now, becomes visible at `release`: a slow upload, a long transaction. */
  readonly held?: boolean;
}
export interface SubmitOptions extends HoldOptions {
  readonly id?: string;
  readonly formVersion?: string;
  readonly deviceId?: string;
  /** Instead of now, for tests that need two of the same millisecond. */
  readonly submissionDate?: string;
  readonly encrypted?: boolean;
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly entity?: EntityClaim;
}
export interface EditOptions extends HoldOptions {
  readonly formVersion?: string;
}

/** What a submission says in `meta/entity` beside its label: which entity it creates, or updates from which version. */
export interface EntityClaim {
  readonly uuid?: string;
  readonly baseVersion?: number;
}

/** Work that Central's background worker gets to later: an entity out of a submission. */
export interface EntityJob {
  readonly project: number;
  readonly dataset: string;
  readonly submission: Submission;
  readonly claim: EntityClaim;
  readonly label: string | undefined;
  readonly data: Readonly<Record<string, string>>;
}

const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('hex');

const withMeta = (answers: Answers, instanceId: string, deprecatedId?: string): Answers => {
  const meta = (answers['meta'] ?? {}) as Answers;
  return {
    ...answers,
    meta: { ...meta, instanceID: instanceId, ...(deprecatedId ? { deprecatedID: deprecatedId } : {}) },
  };
};

const labelOf = (answers: Answers): string | undefined => {
  const entity = ((answers['meta'] ?? {}) as Answers)['entity'] as Answers | undefined;
  return typeof entity?.['label'] === 'string' ? entity['label'] : undefined;
};

/** The answers that the form saves to properties of its entity list; those left empty say nothing. */
const savedAnswers = (fields: readonly FormField[], answers: Answers): Record<string, string> =>
  Object.assign(
    {},
    ...fields.map((field) => {
      const value = answers[field.path.at(-1) ?? ''];
      if (field.saveTo !== undefined) return typeof value === 'string' && value !== '' ? { [field.saveTo]: value } : {};
      return field.type === 'structure' && value ? savedAnswers(field.children, value as Answers) : {};
    }),
  );

export const createForm = (
  xml: string,
  place: {
    readonly project: number;
    readonly keyId: number | null;
    readonly now: () => string;
    readonly queueEntity: (job: EntityJob) => void;
  },
): FakeForm => {
  const { now } = place;
  const toPublished = (text: string): PublishedVersion => ({
    ...readForm(text),
    hash: md5(text),
    publishedAt: now(),
  });
  const published = [toPublished(xml)];
  const submissions: Submission[] = [];
  const byId = new Map<string, Submission>();
  const waiting = new Map<string, (() => void)[]>();
  let rows = 0;

  const current = (): PublishedVersion => published.at(-1) as PublishedVersion;
  const versionOf = (name: string): PublishedVersion => {
    const found = published.find((one) => one.version === name.replace(/\[encrypted:.*\]$/, ''));
    if (!found) throw problems.unknownVersion(name);
    return found;
  };
  const known = (id: string): Submission => {
    const found = byId.get(id);
    if (!found) throw problems.notFound();
    return found;
  };
  const whenReleased = (submission: Submission, held: boolean | undefined, change: () => void): Submission => {
    if (!held) change();
    else waiting.set(submission.id, [...(waiting.get(submission.id) ?? []), change]);
    return submission;
  };
  const newVersion = (instanceId: string, formVersion: string, answers: Answers): SubmissionVersion => ({
    instanceId,
    createdAt: now(),
    formVersion,
    answers,
    rendered: new Map(),
  });
  const stampEdit = (submission: Submission, versions: readonly SubmissionVersion[], at: string): void => {
    submission.versions.push(...versions);
    submission.current = [...versions];
    submission.updatedAt = at;
    submission.reviewState = 'edited';
    submission.edits += versions.length;
  };

  const form: FakeForm = {
    project: place.project,
    xmlFormId: current().xmlFormId,
    createdAt: now(),
    published,
    state: 'open',
    keyId: place.keyId,
    submissions,
    current,
    find: (id) => byId.get(id),
    publish: (text) => void published.push(toPublished(text)),

    submit(answers, options = {}) {
      if (form.state === 'closed') throw problems.formClosed();
      const id = options.id ?? `uuid:${randomUUID()}`;
      if (byId.has(id)) throw problems.exists(['formId', 'instanceId', 'draft'], ['1', id, 'f'], 'submissions');
      const formVersion = options.formVersion ?? current().version;
      versionOf(formVersion);
      const version = newVersion(id, formVersion, withMeta(answers, id));
      rows += 1;
      const submission: Submission = {
        id,
        row: rows,
        submissionDate: options.submissionDate ?? now(),
        formVersion: options.encrypted ? `${formVersion}[encrypted:AaIBcxxh]` : formVersion,
        submitterId: '5',
        deviceId: options.deviceId ?? null,
        updatedAt: null,
        deletedAt: null,
        reviewState: null,
        status: options.encrypted ? 'notDecrypted' : null,
        edits: 0,
        hidden: options.held ?? false,
        versions: [version],
        current: [version],
        files: new Map(),
        comments: [],
      };
      byId.set(id, submission);
      // Nearly always the newest; a stamp given by a test may belong further down.
      let at = submissions.length;
      while (at > 0 && (submissions[at - 1] as Submission).submissionDate > submission.submissionDate) at -= 1;
      submissions.splice(at, 0, submission);
      for (const [name, bytes] of Object.entries(options.files ?? {})) form.attach(id, name, bytes);
      const { entity } = versionOf(formVersion);
      if (options.entity && entity) {
        place.queueEntity({
          project: place.project,
          dataset: entity.dataset,
          submission,
          claim: options.entity,
          label: labelOf(answers),
          data: savedAnswers(versionOf(formVersion).fields, answers),
        });
      }
      if (options.held) {
        waiting.set(id, [
          () => {
            submission.hidden = false;
          },
        ]);
      }
      return submission;
    },

    submitXml(text) {
      const read = readSubmissionXml(text, (name) => versionOf(name).fields);
      const meta = read.answers['meta'] as Answers | undefined;
      const id = meta?.['instanceID'];
      return form.submit(read.answers, {
        id: typeof id === 'string' && id !== '' ? id : randomUUID(),
        formVersion: read.version,
      });
    },

    edit(id, answers, options = {}) {
      const submission = known(id);
      const before = submission.current[0]?.instanceId ?? id;
      const instanceId = `uuid:${randomUUID()}`;
      const at = now();
      const version = newVersion(
        instanceId,
        options.formVersion ?? current().version,
        withMeta(answers, instanceId, before),
      );
      return whenReleased(submission, options.held, () => stampEdit(submission, [version], at));
    },

    editXml(id, text) {
      const submission = known(id);
      const read = readSubmissionXml(text, (name) => versionOf(name).fields);
      const meta = (read.answers['meta'] ?? {}) as Answers;
      const deprecated = String(meta['deprecatedID'] ?? '');
      if (deprecated !== submission.current[0]?.instanceId) throw problems.staleEdit(deprecated);
      stampEdit(submission, [newVersion(String(meta['instanceID']), read.version, read.answers)], now());
      return submission;
    },

    editTwice(id, first, second) {
      const submission = known(id);
      const versions = [first, second].map((answers) => {
        const instanceId = `uuid:${randomUUID()}`;
        return newVersion(instanceId, current().version, withMeta(answers, instanceId, id));
      });
      stampEdit(submission, versions, now());
      return submission;
    },

    review(id, state, options = {}) {
      if (state !== null && !reviewStates.includes(state)) throw problems.badState(state);
      const submission = known(id);
      const at = now();
      return whenReleased(submission, options.held, () => {
        submission.reviewState = state;
        submission.updatedAt = at;
      });
    },

    remove(id, options = {}) {
      const submission = known(id);
      const at = now();
      return whenReleased(submission, options.held, () => {
        submission.deletedAt = at;
      });
    },

    restore(id) {
      const submission = known(id);
      submission.deletedAt = null;
      return submission;
    },

    purge(id) {
      const submission = known(id);
      byId.delete(id);
      submissions.splice(submissions.indexOf(submission), 1);
    },

    attach(id, name, bytes, contentType = 'image/png') {
      known(id).files.set(name, { bytes, contentType, md5: md5(bytes) });
    },
    clearFile: (id, name) => void known(id).files.delete(name),
    comment: (id, body) => void known(id).comments.unshift({ body, createdAt: now() }),
    release(id) {
      for (const change of waiting.get(id) ?? []) change();
      waiting.delete(id);
    },
    expectedFiles: (submission) => {
      const version = submission.current[0] as SubmissionVersion;
      return [...new Set(mentionedFiles(versionOf(version.formVersion).fields, version.answers))].sort();
    },
  };
  return form;
};
