import { appendChanges, type ChangeType, type NewChange } from '../../registry/index.ts';
import type { Tx } from '../../storage/index.ts';
import type { ApplyContext } from '../ports.ts';
import type { Applied } from './applied.ts';

const typeOf: Partial<Record<Applied['outcome'], ChangeType>> = {
  created: 'submission.imported',
  updated: 'submission.updated',
  retired: 'submission.retired',
  restored: 'submission.restored',
  parked: 'submission.parked',
};

/** Puts on the feed what became of submissions: Central has no web hooks, and this is what ours are made from. */
export const recordSubmissions = (tx: Tx, context: ApplyContext, applied: readonly Applied[]): void => {
  const { source, place, mapping, clock, writer } = context;
  const changes = applied.flatMap(({ prepared, outcome, letter, subject }): NewChange[] => {
    const { entry } = prepared;
    const type = typeOf[outcome];
    // Tried again for the same reason: that is no news.
    if (!type || (letter && letter.reason === entry.reason && letter.path === entry.path)) return [];
    return [
      {
        type,
        subject: `${writer}/${entry.instance_id}`,
        kind: mapping.subject.kind,
        version: entry.edits + 1,
        source: writer,
        detail: {
          source: source.name,
          form: source.settings.form,
          formKey: place.formKey,
          instanceId: entry.instance_id,
          registrant: subject,
          ...(letter ? { reason: letter.reason, path: letter.path } : {}),
        },
        before: null,
      },
    ];
  });
  appendChanges(tx, clock, changes);
};
