import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ground } from '../app.ts';
import { configFromProcess } from '../config/index.ts';
import { silentLogger } from '../core/log.ts';
import { importFile } from '../exchange/import/import.ts';
import { sampleTo } from '../exchange/sample/sample.ts';
import { startServer } from '../server.ts';
import { scratchSchema } from '../storage/index.ts';
import { createDemoPeer, type DemoPeer } from './peer.ts';
import { createSteps, StepFailed, type Steps } from './steps.ts';

export interface DemoOptions {
  readonly people: number;
  /** Where the words go. */
  readonly write: (text: string) => void;
  /** Keeps serving until this is over; absent: ends by itself. */
  readonly until?: Promise<void>;
}

const SENDER_ID = 'registry.demo.example';
const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};

/** What runs: all of it on loopback, in a folder (and on PostgreSQL a schema) that is gone afterwards. */
const openStage = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-demo-'));
  const given = configFromProcess({ dataDir: folder });
  const scratch = await scratchSchema(given.databaseUrl);
  const config = configFromProcess({
    dataDir: folder,
    ...(scratch ? { databaseUrl: scratch.url } : {}),
    httpPort: 0,
    workers: 1,
    dciSenderId: SENDER_ID,
    dciSignatures: 'required',
  });
  const server = await startServer(config, silentLogger);
  return {
    folder,
    server,
    async close() {
      await server.stop();
      await scratch?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** People and households enter the registry: a made-up file, imported twice. */
const importPeople = async (steps: Steps, ground: Ground, folder: string, people: number): Promise<void> => {
  const path = join(folder, 'people.ndjson');
  const households = Math.ceil(people / 4);
  await steps.step(`Make up ${people} people in ${households} households`, async (say) => {
    await sampleTo({ individuals: people, households, seed: 1 }, createWriteStream(path));
    say('Look at: npx crosswalk sample --help');
  });

  const run = () => importFile({ ...ground, temporary: join(folder, 'import') }, { path });
  await steps.step('Import them', async (say) => {
    const { created, failed } = await run();
    say(`${created} created, ${failed} failed`);
    expect(created === people + households && failed === 0, 'a line did not go in');
  });

  await steps.step('Import again: nothing is doubled', async (say) => {
    const { created, updated, unchanged } = await run();
    say(`${created} created, ${updated} updated, ${unchanged} unchanged`);
    expect(created === 0 && updated === 0, 'the second import changed something');
    const [individuals, groups] = await ground.registry.search([
      { kind: 'individual', query: { op: 'all' }, limit: 1, offset: 0 },
      { kind: 'group', query: { op: 'all' }, limit: 1, offset: 0 },
    ]);
    say(`The registry holds ${individuals?.total} people in ${groups?.total} households.`);
    expect(individuals?.total === people && groups?.total === households, 'somebody is missing or doubled');
    say('Look at: npx crosswalk import --help');
  });
};

interface SearchAnswer {
  readonly header: { readonly status: string };
  readonly message: {
    readonly search_response: readonly {
      readonly status: string;
      readonly data?: { readonly reg_records: readonly Record<string, unknown>[] };
      readonly pagination?: { readonly total_count: number };
    }[];
  };
}

/** The other registry's side: a signed question, and an answer that an outsider's code verifies. */
const askAsPeer = async (steps: Steps, ground: Ground, url: string, peer: DemoPeer): Promise<void> => {
  const token = await steps.step('Register a DCI peer', async (say) => {
    const made = await ground.peers.add(peer.senderId, { keys: [peer.publicJwk as never] });
    say(`${peer.senderId} may now send messages signed with its key ${peer.publicJwk.kid}.`);
    return made.token;
  });

  const post = async (body: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${url}/social/registry/sync/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const search = async (criteria: object) => {
    const { status, text } = await post(peer.search(criteria as never));
    expect(status === 200, `the search was answered with status ${status}: ${text.slice(0, 300)}`);
    const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as never;
    const problem = peer.problemWith(text, jwks);
    expect(problem === undefined, problem ?? '');
    const answer = (JSON.parse(text) as SearchAnswer).message.search_response[0];
    expect(answer?.status === 'succ', `the search was rejected: ${text.slice(0, 300)}`);
    return { records: answer?.data?.reg_records ?? [], total: answer?.pagination?.total_count ?? 0 };
  };

  const someone = (
    await ground.registry.search([
      { kind: 'individual', query: { op: 'exists', attribute: 'birth_date' }, limit: 200, offset: 0 },
    ])
  )[0]?.registrants.find(({ identifiers }) => identifiers.some(({ type }) => type === 'national_id'));
  const uin = someone?.identifiers.find(({ type }) => type === 'national_id')?.value;

  await steps.step('Search a person by identifier with a signed message', async (say) => {
    expect(uin !== undefined, 'no imported person has a national id');
    const { records } = await search({
      reg_record_type: 'Member',
      query_type: 'idtype-value',
      query: { type: 'UIN', value: uin },
    });
    expect(records.length === 1, `found ${records.length} people`);
    const person = records[0]?.['demographic_info'] as {
      name?: { given_name?: string; surname?: string };
      birth_date?: string;
    };
    say(`Found ${person.name?.given_name} ${person.name?.surname}, born ${person.birth_date?.slice(0, 10)}.`);
    say(`The answer’s signature verifies with the key published at ${url}/.well-known/jwks.json.`);
  });

  await steps.step('Search households with a condition', async (say) => {
    const { records, total } = await search({
      reg_record_type: 'Group',
      query_type: 'predicate',
      query: [{ seq_num: 1, expression1: { attribute_name: 'group_size', operator: 'ge', attribute_value: '4' } }],
      pagination: { page_size: 3, page_number: 1 },
    });
    expect(total > 0 && records.length > 0, 'no household has four members');
    say(`${total} households have four members or more; the first page holds ${records.length}.`);
  });

  await steps.step('A message that was altered on its way is refused', async (say) => {
    const message = peer.search({
      reg_record_type: 'Member',
      query_type: 'idtype-value',
      query: { type: 'UIN', value: 'A' },
    });
    const { status, text } = await post(message.replace('"value":"A"', '"value":"B"'));
    expect(status === 401 && text.includes('err.signature.invalid'), `it was answered with status ${status}`);
    say('401 err.signature.invalid');
  });
};

/** Runs the demo; answers whether every step held. */
export const runDemo = async ({ people, write, until }: DemoOptions): Promise<boolean> => {
  const steps = createSteps(write);
  write('Crosswalk demo: made-up people, everything on this machine, nothing left behind.\n');
  const stage = await steps.step('Start a Crosswalk', async (say) => {
    const opened = await openStage();
    say(`Crosswalk: ${opened.server.url} (data in ${opened.folder})`);
    return opened;
  });
  try {
    const { ground, url } = stage.server;
    await importPeople(steps, ground, stage.folder, people);
    await askAsPeer(steps, ground, url, createDemoPeer('peer.demo.example', SENDER_ID));
    write('\nEvery step held.\n');
    if (until) {
      write(
        `Still serving. Look at ${url}/health/ready, ${url}/metrics and ${url}/.well-known/jwks.json; Ctrl-C ends it.\n`,
      );
      await until;
    }
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    await stage.close();
  }
  return !steps.failed();
};
