import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ground, openGround } from '../../../src/app.ts';
import { type AskPeers, openAskPeers } from '../../../src/ask-peers.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { silentLogger } from '../../../src/core/log.ts';
import type { RegistryName } from '../../../src/dci/registries/all.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';

/** A Crosswalk that asks, and the registry that it asks. */
export interface Asking extends AskPeers {
  readonly ground: Ground;
  readonly other: FakeRegistry;
  close(): Promise<void>;
}

export const CIVIL = 'crvs.example.org';

export const startAsking = async (
  databaseUrl: string,
  { registry = 'crvs', lenient = false }: { readonly registry?: RegistryName; readonly lenient?: boolean } = {},
): Promise<Asking> => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-asking-'));
  const config = loadConfig({
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    DCI_SENDER_ID: 'social.example.org',
    DCI_ALLOW_PRIVATE_CALLBACKS: 'true',
    PUBLIC_URL: 'https://social.example.org',
  });
  const ground = await openGround(config, silentLogger);
  const jwks = async () => ground.keys.jwks(await ground.senderIds());
  const other = await startFakeRegistry({ senderId: CIVIL, registry, jwks, lenient });
  await ground.peers.add(CIVIL, { keys: [other.peer.jwk as never], url: other.url, token: 'shared-token' });
  return {
    ...openAskPeers(ground),
    ground,
    other,
    async close() {
      await other.stop();
      await ground.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
