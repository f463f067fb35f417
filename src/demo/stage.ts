import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFromProcess } from '../config/index.ts';
import { silentLogger } from '../core/log.ts';
import type { RegistryName } from '../dci/registries/registry.ts';
import { type RunningServer, startServer } from '../server.ts';
import { scratchSchema } from '../storage/index.ts';

export interface StageOptions {
  readonly senderId: string;
  readonly registry?: RegistryName;
  /** It calls, and is called by, another server on this machine. */
  readonly closedNetwork?: boolean;
}

/** A Crosswalk of the demonstration: on loopback, in a folder (and on PostgreSQL a schema) that is gone afterwards. */
export interface Stage {
  readonly folder: string;
  readonly server: RunningServer;
  close(): Promise<void>;
}

export const openStage = async ({ senderId, registry, closedNetwork = false }: StageOptions): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'crosswalk-demo-'));
  const given = configFromProcess({ dataDir: folder });
  const scratch = await scratchSchema(given.databaseUrl);
  const config = configFromProcess({
    dataDir: folder,
    ...(scratch ? { databaseUrl: scratch.url } : {}),
    httpPort: 0,
    workers: 1,
    sources: [],
    dciSenderId: senderId,
    ...(registry === undefined ? {} : { dciRegistry: registry }),
    ...(closedNetwork ? { dciAllowPrivateCallbacks: true } : {}),
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
