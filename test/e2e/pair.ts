import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ground, openGround } from '../../src/app.ts';
import { loadConfig } from '../../src/config/index.ts';
import { silentLogger } from '../../src/core/log.ts';
import { importFile } from '../../src/exchange/import/import.ts';
import { jsonOf, type ServedCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { freePort } from '../support/ports.ts';
import type { TestDatabase } from '../support/stores.ts';

export const CIVIL = 'crvs.example.org';
export const SOCIAL = 'social.example.org';
const TOKEN = 'a-token-that-serves-both-ways';

/** One of the two: a server process, and what this process sees of its database beside it. */
export interface Side {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly ground: Ground;
  server: ServedCrosswalk;
  /** Runs a command on its database, while it serves. */
  run<T>(...args: readonly string[]): Promise<T>;
  restart(): Promise<void>;
}

export interface Pair {
  readonly civil: Side;
  readonly social: Side;
  /** Registers births at the civil registry, by an import beside its server. */
  births(numbers: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const openSide = async (
  senderId: string,
  registry: string,
  databaseUrl: string,
): Promise<Side & { drop: () => Promise<void> }> => {
  const folder = temporaryFolder();
  const port = await freePort();
  const env = {
    DATA_DIR: folder.path,
    DATABASE_URL: databaseUrl,
    HTTP_PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DCI_SENDER_ID: senderId,
    DCI_REGISTRY: registry,
    DCI_ALLOW_PRIVATE_CALLBACKS: 'true',
    DCI_RATE_LIMIT: '0',
    DELIVERY_RETRY_BASE_MS: '200',
  };
  const ground = await openGround(loadConfig({ ...env, LOG_LEVEL: 'silent' }), silentLogger);
  const side: Side = {
    env,
    folder: folder.path,
    ground,
    server: await serveCrosswalk(env),
    run: (...args) => jsonOf(args, env),
    async restart() {
      side.server = await serveCrosswalk(env);
    },
  };
  const drop = async (): Promise<void> => {
    await side.server.end('SIGTERM');
    await ground.close();
    folder.drop();
  };
  return Object.assign(side, { drop });
};

/** A birth as the civil registry holds it. */
export const birth = (number: string): object => ({
  '@type': 'CRVSPerson',
  identifier: [{ identifier_type: 'BRN', identifier_value: number }],
  name: { given_name: 'Awa', surname: `Ba ${number}` },
  sex: 'female',
  birth_date: '2026-06-01T00:00:00Z',
});

const keysAt = ({ env }: Side): string => `${env['PUBLIC_URL']}/.well-known/jwks.json`;

/** A civil and a social registry, two processes that know each other by address, keys and one token. */
export const startPair = async (databases: readonly [TestDatabase, TestDatabase]): Promise<Pair> => {
  const civil = await openSide(CIVIL, 'crvs', databases[0].url);
  const social = await openSide(SOCIAL, 'social', databases[1].url);
  await civil.ground.peers.add(SOCIAL, { jwksUrl: keysAt(social), token: TOKEN });
  const url = civil.env['PUBLIC_URL'] as string;
  await social.ground.peers.add(CIVIL, { jwksUrl: keysAt(civil), token: TOKEN, url, source: true });
  let files = 0;
  return {
    civil,
    social,
    async births(numbers) {
      files += 1;
      const path = join(civil.folder, `births-${files}.ndjson`);
      writeFileSync(path, numbers.map((number) => `${JSON.stringify(birth(number))}\n`).join(''));
      const deps = { ...civil.ground, temporary: join(civil.folder, 'import') };
      const { created } = await importFile(deps, { path, format: { dci: 'crvs' } });
      assert.equal(created, numbers.length);
    },
    async close() {
      await civil.drop();
      await social.drop();
      for (const database of databases) await database.drop();
    },
  };
};
