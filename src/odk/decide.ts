import type { Json } from '../core/json.ts';
import type { DeadLetterReason } from './reasons.ts';
import { judgedState } from './review/echo.ts';
import type { SourceSettings } from './source.ts';
import type { Entry } from './submissions.store.ts';

/** What is to be done with a submission before its answers are looked at. */
export type Disposition =
  | { readonly do: 'map' }
  | { readonly do: 'unchanged' }
  | { readonly do: 'hold'; readonly why: 'gate' | 'deleted' }
  | { readonly do: 'retire' }
  | { readonly do: 'park'; readonly reason: DeadLetterReason; readonly path: string; readonly value: Json };

const park = (reason: DeadLetterReason, path: string, value: Json): Disposition => ({
  do: 'park',
  reason,
  path,
  value,
});

/** What is known of the form's versions: which paths of the mapping they lack. */
export interface FormState {
  readonly version: string;
  /** Of the current version: while there are any, what OData shows cannot be told from no answer. */
  readonly vanished: readonly string[];
  /** All versions by name, in XML mode, which reads each submission by its own. */
  readonly versions: Readonly<Record<string, { readonly lacking: readonly string[] }>>;
}

/** What the version that a submission is read by lacks. */
const lacksOf = (entry: Entry, settings: SourceSettings, form: FormState): readonly [version: string, string[]] => {
  const own = entry.form_version ?? '';
  if (settings.read === 'odata' || own === form.version) return [form.version, [...form.vanished]];
  return [own, [...(form.versions[own]?.lacking ?? [])]];
};

export const decide = (entry: Entry, settings: SourceSettings, form: FormState): Disposition => {
  const isImported = entry.subject !== null;
  if (entry.deleted_at !== null || entry.vanished === 1) {
    return isImported ? { do: 'retire' } : { do: 'hold', why: 'deleted' };
  }
  // Which of two current versions is right, nobody can say; what was imported before stays.
  if (entry.anomaly === 1) return park('central-anomaly', 'meta.instanceID', entry.version_id);
  const said = judgedState(entry);
  if (said === 'rejected' && !settings.accept.includes('rejected')) {
    return isImported ? { do: 'retire' } : { do: 'hold', why: 'gate' };
  }
  if (!settings.accept.includes(said)) return { do: 'hold', why: 'gate' };
  if (entry.status !== null) return park('encrypted', '__system.status', entry.status);
  if (settings.versions && !settings.versions.includes(entry.form_version ?? '')) {
    return park('form-version-unmapped', '__system.formVersion', entry.form_version);
  }
  const [version, [lacking]] = lacksOf(entry, settings, form);
  if (lacking !== undefined) return park('form-version-unmapped', lacking, version);
  if (entry.applied_edits !== null && entry.edits < entry.applied_edits) return { do: 'unchanged' };
  return { do: 'map' };
};
