import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import {
  createFakeCentral,
  type FakeCentral,
  type FakeForm,
  serveFakeCentral,
} from '../../src/demo/fake-central/index.ts';
import { createHttpClient } from '../../src/net/index.ts';
import { createCentralForm } from '../../src/odk/central/api.ts';
import { createCentralClient } from '../../src/odk/central/client.ts';
import { createEngine, type Engine } from '../../src/odk/mapping/expressions/engine.ts';
import { readFieldRows, toForm } from '../../src/odk/mapping/form.ts';
import { mapBatch } from '../../src/odk/mapping/mapper.ts';
import { parseMappingText } from '../../src/odk/mapping/parse.ts';
import { readMapping } from '../../src/odk/mapping/read.ts';
import type { AfterApply, AppliedSubmission, PollContext, PollStage } from '../../src/odk/ports.ts';
import { type SourceSettings, toSettings } from '../../src/odk/source.ts';
import type { Source } from '../../src/odk/sources.store.ts';
import { toReadings } from '../../src/odk/stage.ts';
import { readEntries, settleEntries, writeReadings } from '../../src/odk/submissions.store.ts';
import { createTally } from '../../src/odk/tally.ts';
import { createProgrammes } from '../../src/programmes/index.ts';
import type { Registry } from '../../src/registry/index.ts';
import { type BlobStore, type Database, openFolderBlobs } from '../../src/storage/index.ts';
import { registryOn } from '../registry/support.ts';
import { fixture, wholeMapping } from './mapping/support.ts';

/** A moving clock: nothing that a poll does happens twice in one millisecond. */
const START = Date.parse('2026-11-22T05:00:00.000Z');

export interface Polling {
  readonly central: FakeCentral;
  readonly form: FakeForm;
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly folder: string;
  readonly formKey: string;
  readonly db: Database;
  readonly advance: (ms: number) => void;
  readonly context: (more?: Partial<PollContext>) => PollContext;
  /** Runs stages as one poll does; eager unless said otherwise. */
  readonly poll: (stages: readonly PollStage[], more?: Partial<PollContext>) => Promise<void>;
  /** Imports what Central holds: as far as these tests need it, each submission as a registrant of its own. */
  readonly take: (afterApply?: AfterApply) => Promise<void>;
  /** The registrant made of a submission; with `at` from 1, of its members. */
  readonly subjectOf: (instanceId: string, at?: number) => string;
  readonly close: () => Promise<void>;
}

export interface PollingOptions {
  readonly db: Database;
  readonly mapping?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly role?: 'viewer' | 'manager';
}

let engine: Engine | undefined;
after(() => engine?.close());
let count = 0;

/** One source on a fake Central of its own, ready to be polled. */
export const startPolling = async ({
  db,
  mapping = wholeMapping,
  settings = {},
  role,
}: PollingOptions): Promise<Polling> => {
  let now = START;
  const clock = (): number => {
    now += 1;
    return now;
  };
  const central = createFakeCentral({ clock });
  central.addUser('importer@example.test', 'secret', role ?? 'manager');
  const form = central.createForm(fixture('household_registration.v1.xml'));
  const served = await serveFakeCentral(central);
  const http = createHttpClient({ allowPrivate: true });
  const given = { url: served.url, project: 1, form: form.xmlFormId, email: 'importer@example.test' };
  const all: SourceSettings = toSettings(given, settings);
  const client = createCentralClient(
    { http, clock },
    {
      url: served.url,
      credentials: { email: given.email, password: 'secret' },
      idleTimeoutMs: 500,
      retry: { attempts: 2, baseMs: 1, pause: async () => {} },
    },
  );
  const centralForm = createCentralForm(client, 1, form.xmlFormId);
  const fields = readFieldRows(JSON.parse(fixture('fields-odata.v1.json')));
  const read = readMapping(parseMappingText(mapping), toForm(form.xmlFormId, form.current().version, fields));
  if (!read.mapping) throw new Error(JSON.stringify(read.faults));
  count += 1;
  const source: Source = {
    name: `pilot-${process.pid}-${count}`,
    settings: all,
    mappingVersion: 'm1',
  } as Source;
  const place = { source: source.name, formKey: form.createdAt };
  const registry = registryOn(db, clock);
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-odk-'));
  const blobs = openFolderBlobs(join(folder, 'blobs'));
  const subjects = new Map<string, string>();
  const running = engine ?? createEngine();
  engine = running;
  const parsed = read.mapping;

  const context: Polling['context'] = (more = {}) => ({
    source,
    place,
    mapping: parsed,
    central: centralForm,
    client,
    db,
    registry,
    programmes: createProgrammes({ db, registry, clock }),
    blobs,
    clock,
    log: silentLogger,
    writer: `odk:${source.name}`,
    write: (work) => db.write(work),
    eager: true,
    tally: createTally(),
    ...more,
  });

  const take: Polling['take'] = async (afterApply) => {
    const { rows } = await centralForm.page({ filter: undefined, pageSize: 1000 });
    const stage = { ...place, formHash: form.current().hash, mappingVersion: 'm1' };
    const results = await mapBatch(
      running,
      parsed,
      rows.map((row) => ({ text: JSON.stringify(row), row })),
    ); // prettier-ignore
    await db.write(async (tx) => {
      await writeReadings(tx, place, toReadings(rows, stage), 0);
      const known = await readEntries(
        tx,
        place,
        rows.map((row) => String(row['__id'])),
      ); // prettier-ignore
      for (const [at, result] of results.entries()) {
        const instanceId = String(rows[at]?.['__id']);
        const { tries = 0, first_at = null } = known.get(instanceId) ?? {};
        const settled = { id: instanceId, appliedEdits: 0, retired: false, askAt: null, tries, first_at };
        const moment = { mappingVersion: 'm1', now: new Date(clock()).toISOString() };
        if ('fault' in result) {
          const { reason, path, value } = result.fault;
          const letter = { reason, path, value: value as string };
          await settleEntries(tx, place, moment, [{ ...settled, outcome: 'parked', subject: null, letter }]);
          continue;
        }
        const { subject, members = [] } = result.mapped;
        const saved: AppliedSubmission['registrants'][number][] = [];
        for (const [key, mapped] of [subject, ...members.map(({ registrant }) => registrant)].entries()) {
          const id = subjects.get(`${instanceId} ${key}`);
          const [one] = await registry.save(tx, [{ ...(id ? { id } : {}), draft: mapped.draft }], `odk:${source.name}`);
          subjects.set(`${instanceId} ${key}`, one?.id as string);
          saved.push({ id: one?.id as string, kind: mapped.draft.kind, mapped });
        }
        const outcome = known.get(instanceId)?.subject ? 'updated' : 'created';
        await settleEntries(tx, place, moment, [
          { ...settled, outcome, subject: saved[0]?.id as string, letter: undefined },
        ]);
        await afterApply?.(tx, context(), [{ instanceId, registrants: saved }]);
      }
    });
  };

  return {
    central,
    form,
    registry,
    blobs,
    folder,
    formKey: place.formKey,
    db,
    advance: (ms) => {
      now += ms;
    },
    context,
    async poll(stages, more) {
      const current = context(more);
      for (const stage of stages) await stage.run(current);
    },
    take,
    subjectOf: (instanceId, at = 0) => subjects.get(`${instanceId} ${at}`) as string,
    async close() {
      await client.close();
      await http.close();
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
