import type { CommandFile } from './context.ts';

interface Entry {
  readonly name: string;
  readonly description: string;
  /** Loads the command's file; only the command that was asked for is loaded, so that each starts fast. */
  readonly load: () => Promise<CommandFile>;
}

/** Every command, in the order of `--help`. */
export const commands: readonly Entry[] = [
  {
    name: 'serve',
    description: 'serve until SIGTERM or Ctrl-C; says {"ready":true,"url":…} on standard output once it answers',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'demo',
    description:
      'show the main job on made-up data: field submissions become people and households, and a signed DCI answer finds them',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'migrate',
    description: 'bring the database schema to the newest state (serve does this by itself)',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  {
    name: 'config',
    description: 'look at the configuration',
    load: async () => (await import('./config.ts')).config,
  },
  {
    name: 'peer',
    description: 'DCI peers: who may send us messages, and how they are checked',
    load: async () => (await import('./peer.ts')).peer,
  },
  {
    name: 'dci',
    description: 'ask another registry over DCI: search, subscribe, status',
    load: async () => (await import('./dci.ts')).dci,
  },
  {
    name: 'deliveries',
    description: 'what goes out to peers: callbacks, notifications, webhooks',
    load: async () => (await import('./deliveries.ts')).deliveries,
  },
  {
    name: 'client',
    description: 'API clients: who may fetch tokens and what these allow',
    load: async () => (await import('./client.ts')).client,
  },
  {
    name: 'keys',
    description: 'our own keys: what we sign and are encrypted to with',
    load: async () => (await import('./keys.ts')).keys,
  },
  {
    name: 'odk',
    description: 'forms of ODK Central servers that are imported from',
    load: async () => (await import('./odk.ts')).odk,
  },
  {
    name: 'import',
    description: 'import people and households from NDJSON or CSV; upserts by identifier',
    load: async () => (await import('./import.ts')).importCommand,
  },
  {
    name: 'export',
    description: 'write people and households to NDJSON, or CSV by the file’s ending; import reads it back',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    name: 'sample',
    description: 'print made-up people and households as NDJSON, the same for the same seed',
    load: async () => (await import('./sample.ts')).sample,
  },
  {
    name: 'ledger',
    description: 'the record of every message: verify, export, erase, witness',
    load: async () => (await import('./ledger.ts')).ledger,
  },
  {
    name: 'subscription',
    description: 'subscriptions that peers hold with us',
    load: async () => (await import('./subscription.ts')).subscription,
  },
];
