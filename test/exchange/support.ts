import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { importFile } from '../../src/exchange/import/import.ts';
import type { ImportDeps, ImportOptions } from '../../src/exchange/import/ports.ts';
import type { ImportReport } from '../../src/exchange/import/report.ts';
import { createRegistry, type Registrant } from '../../src/registry/index.ts';
import { type Database, openFolderBlobs } from '../../src/storage/index.ts';

export const ID = 'urn:openspp:vocab:id-type#';
export const now = Date.parse('2026-06-01T12:00:00.000Z');

/** Identifiers of people that no other test knows. */
export const createFresh = (prefix: string): (() => string) => {
  let serial = 0;
  return () => {
    serial += 1;
    return `${prefix}${serial}`;
  };
};

/** Lines, created, updated, unchanged, failed. */
export const counts = ({ lines, created, updated, unchanged, failed }: ImportReport): readonly number[] => [
  lines,
  created,
  updated,
  unchanged,
  failed,
];

/** A place for files, and the means of an exchange on a database. */
export interface Place extends ImportDeps {
  readonly folder: string;
  /** Writes a file of lines: texts as they are, all else as JSON. */
  readonly file: (name: string, lines: readonly unknown[]) => string;
  readonly run: (lines: readonly unknown[], options?: Partial<ImportOptions>) => ReturnType<typeof importFile>;
  /** What an import left in the folder for temporary things. */
  readonly leftovers: () => string[];
  readonly remove: () => void;
}

export const makePlace = (db: Database, clock: Clock = () => now): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-exchange-'));
  const deps: ImportDeps = {
    db,
    registry: createRegistry({ db, clock, log: silentLogger }),
    blobs: openFolderBlobs(join(folder, 'blobs')),
    clock,
    log: silentLogger,
    temporary: join(folder, 'temporary'),
  };
  let count = 0;
  const file = (name: string, lines: readonly unknown[]): string => {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    return path;
  };
  return {
    ...deps,
    folder,
    file,
    run: (lines, options = {}) => {
      count += 1;
      return importFile(deps, { path: file(`run-${count}.ndjson`, lines), ...options });
    },
    leftovers: () => (existsSync(deps.temporary) ? readdirSync(deps.temporary) : []),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

export const idOf = (type: string, value: string) => ({ system: `${ID}${type}`, value });

export const person = (value: string, more: object = {}) => ({
  type: 'Individual',
  identifier: [idOf('national_id', value)],
  ...more,
});

export const member = (value: string, role?: string, more: object = {}) => ({
  entity: { reference: `Individual/${ID}national_id|${value}` },
  ...(role ? { role: { coding: [{ code: role }] } } : {}),
  ...more,
});

export const household = (value: string, members: readonly object[] | undefined, more: object = {}) => ({
  type: 'Group',
  identifier: [idOf('household_id', value)],
  ...(members ? { member: members } : {}),
  ...more,
});

/** The registrant that holds an identifier. */
export const holderOf = async (
  { registry }: Pick<ImportDeps, 'registry'>,
  type: string,
  value: string,
): Promise<Registrant | undefined> => {
  const [holder] = await registry.holders([{ type, value }]);
  return holder && (await registry.load([holder.id])).get(holder.id);
};

export const everybody = async ({ registry }: Pick<ImportDeps, 'registry'>): Promise<Registrant[]> => {
  const all: Registrant[] = [];
  for (const kind of ['individual', 'group'] as const) for await (const page of registry.walk(kind)) all.push(...page);
  return all;
};
