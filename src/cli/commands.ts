import { client } from './client.ts';
import { config } from './config.ts';
import type { CommandFile } from './context.ts';
import { keys } from './keys.ts';
import { migrate } from './migrate.ts';
import { peer } from './peer.ts';
import { serve } from './serve.ts';

/** Every command, in the order of `--help`. */
export const commandFiles: readonly CommandFile[] = [serve, migrate, config, peer, client, keys];
