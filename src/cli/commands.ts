import { client } from './client.ts';
import { config } from './config.ts';
import type { CommandFile } from './context.ts';
import { dci } from './dci.ts';
import { deliveries } from './deliveries.ts';
import { demo } from './demo.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { keys } from './keys.ts';
import { ledger } from './ledger.ts';
import { migrate } from './migrate.ts';
import { odk } from './odk.ts';
import { peer } from './peer.ts';
import { sample } from './sample.ts';
import { serve } from './serve.ts';
import { subscription } from './subscription.ts';

/** Every command, in the order of `--help`. */
export const commandFiles: readonly CommandFile[] = [
  serve,
  demo,
  migrate,
  config,
  peer,
  dci,
  deliveries,
  client,
  keys,
  odk,
  importCommand,
  exportCommand,
  sample,
  ledger,
  subscription,
];
