import { isEqualJson } from '../../core/equal.ts';
import type { AfterApply, AppliedSubmission } from '../ports.ts';
import { dropFiles, type FileEntry, type FileTarget, readFiles, writeFiles } from './files.store.ts';

interface Wanted {
  readonly instanceId: string;
  readonly name: string;
  readonly path: string;
  readonly targets: FileTarget[];
}

/** The files that submissions name, each once, with everybody it is for. */
const wantedFiles = (applied: readonly AppliedSubmission[]): ReadonlyMap<string, Wanted> => {
  const wanted = new Map<string, Wanted>();
  for (const { instanceId, registrants } of applied) {
    for (const { id, mapped } of registrants) {
      for (const { name, path, target } of mapped.files) {
        const key = `${instanceId}\0${name}`;
        const file = wanted.get(key) ?? { instanceId, name, path, targets: [] };
        wanted.set(key, file);
        file.targets.push({ registrant: id, target });
      }
    }
  }
  return wanted;
};

const outstanding = (wanted: Wanted, before: FileEntry | undefined, now: number): FileEntry => ({
  instanceId: wanted.instanceId,
  name: wanted.name,
  path: wanted.path,
  targets: wanted.targets,
  state: 'outstanding',
  blob: before?.blob ?? null,
  contentType: before?.contentType ?? null,
  size: before?.size ?? null,
  md5: before?.md5 ?? null,
  reason: null,
  tries: before?.tries ?? 0,
  nextAt: 0,
  firstAt: before?.firstAt ?? now,
  askedAt: 0,
  fetchedAt: before?.fetchedAt ?? null,
});

/**
 * Queues the files that imported submissions name. One that is stored for the same registrants stays so; one that the
 * answers no longer name is forgotten; one that was given up is tried anew, as somebody saw to it.
 */
export const queueFiles: AfterApply = async (tx, { place, clock }, applied) => {
  const wanted = wantedFiles(applied);
  const known = await readFiles(
    tx,
    place,
    applied.map(({ instanceId }) => instanceId),
  );
  const byKey = new Map(known.map((file) => [`${file.instanceId}\0${file.name}`, file]));
  const changed = [...wanted].flatMap(([key, file]) => {
    const before = byKey.get(key);
    const stands = before?.state === 'stored' && isEqualJson(before.targets, file.targets);
    return stands ? [] : [outstanding(file, before, clock())];
  });
  await writeFiles(tx, place, changed);
  await dropFiles(
    tx,
    place,
    [...byKey].flatMap(([key, file]) => (wanted.has(key) ? [] : [file])),
  );
};
