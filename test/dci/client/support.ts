import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ground } from '../../../src/app.ts';
import type { AskPeers } from '../../../src/ask-peers.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { silentLogger } from '../../../src/core/log.ts';
import type { RegistryName } from '../../../src/dci/registries/all.ts';
import { startServer } from '../../../src/server.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';

/** A Crosswalk that asks and is called back, and the registry that it asks. */
export interface Asking extends AskPeers {
  readonly ground: Ground;
  readonly url: string;
  readonly other: FakeRegistry;
  close(): Promise<void>;
}

export interface AskingOptions {
  readonly registry?: RegistryName;
  /** Messages are not held against the published shapes. */
  readonly lenient?: boolean;
  /** Its records may be taken in. */
  readonly source?: boolean;
  /** `POST /test/trigger/…` is there. */
  readonly triggers?: boolean;
}

export const CIVIL = 'crvs.example.org';
export const TOKEN = 'shared-token';

export const startAsking = async (databaseUrl: string, options: AskingOptions = {}): Promise<Asking> => {
  const { registry = 'crvs', lenient = false, source = false, triggers = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-asking-'));
  const config = loadConfig({
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    HTTP_PORT: '0',
    DCI_SENDER_ID: 'social.example.org',
    DCI_ALLOW_PRIVATE_CALLBACKS: 'true',
    DCI_RATE_LIMIT: '0',
    DCI_TEST_TRIGGER: String(triggers),
    PUBLIC_URL: 'https://social.example.org',
  });
  const server = await startServer(config, silentLogger);
  const { ground, url } = server;
  const jwks = async () => ground.keys.jwks(await ground.senderIds());
  const other = await startFakeRegistry({ senderId: CIVIL, registry, jwks, lenient });
  await ground.peers.add(CIVIL, { keys: [other.peer.jwk as never], url: other.url, token: TOKEN, source });
  return {
    ...ground.asking,
    ground,
    url,
    other,
    async close() {
      await other.stop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
