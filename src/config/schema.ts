import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox';

/** What a setting is called in the environment, and what is wrong when it does not fit: shown to the operator. */
interface About {
  readonly env: string;
  readonly expects: string;
  readonly secret?: boolean;
}

const setting = <T extends TSchema>(schema: T, about: About): T => Object.assign({}, schema, { about }) as T;

const text = (about: About, fallback?: string) =>
  setting(
    fallback === undefined
      ? Type.Optional(Type.String({ minLength: 1 }))
      : Type.String({ default: fallback, minLength: 1 }),
    about,
  );
const whole = (about: About, fallback: number, minimum: number, maximum: number) =>
  setting(Type.Integer({ default: fallback, minimum, maximum }), about);
const flag = (about: About) => setting(Type.Boolean({ default: false }), about);
const oneOf = <const T extends readonly string[]>(about: About, values: T, fallback: T[number]) =>
  setting(Type.Unsafe<T[number]>({ type: 'string', enum: values, default: fallback }), about);

const properties = {
  httpHost: text({ env: 'HTTP_HOST', expects: 'a host name or address' }, '127.0.0.1'),
  httpPort: whole({ env: 'HTTP_PORT', expects: 'a port, 0 to 65535' }, 8080, 0, 65_535),
  publicUrl: text({ env: 'PUBLIC_URL', expects: 'an http or https URL without query' }),
  databaseUrl: text({ env: 'DATABASE_URL', expects: 'sqlite:PATH or postgres://…', secret: true }),
  dataDir: text({ env: 'DATA_DIR', expects: 'a folder' }, './data'),
  workers: whole({ env: 'WORKERS', expects: 'a number of processes, 1 to 64' }, 1, 1, 64),
  dciSenderId: text(
    { env: 'DCI_SENDER_ID', expects: 'an id of at most 99 characters without blanks or |' },
    'crosswalk.local',
  ),
  dciRegistry: oneOf(
    { env: 'DCI_REGISTRY', expects: 'one of social, crvs, dr, fr, ibr' },
    ['social', 'crvs', 'dr', 'fr', 'ibr'],
    'social',
  ),
  dciSignatures: oneOf(
    { env: 'DCI_SIGNATURES', expects: 'one of required, permissive, off' },
    ['required', 'permissive', 'off'],
    'required',
  ),
  dciAllowPrivateCallbacks: flag({ env: 'DCI_ALLOW_PRIVATE_CALLBACKS', expects: 'true or false' }),
  dciTestTrigger: flag({ env: 'DCI_TEST_TRIGGER', expects: 'true or false' }),
  dciMockupMode: flag({ env: 'DCI_MOCKUP_MODE', expects: 'true or false' }),
  rpcDatabases: text({ env: 'RPC_DATABASES', expects: 'database names, comma separated' }, 'crosswalk'),
  apiTokenSecret: text({
    env: 'API_TOKEN_SECRET',
    expects: 'at least 32 characters that are hard to guess',
    secret: true,
  }),
  keyPassphrase: text({ env: 'KEY_PASSPHRASE', expects: 'a passphrase; give it as KEY_PASSPHRASE_FILE', secret: true }),
  deliveryRetryBaseMs: whole(
    { env: 'DELIVERY_RETRY_BASE_MS', expects: 'milliseconds, 1 to 86400000' },
    60_000,
    1,
    86_400_000,
  ),
  dciJwksCacheSeconds: whole({ env: 'DCI_JWKS_CACHE_SECONDS', expects: 'seconds, 0 to 86400' }, 300, 0, 86_400),
  dciRateLimit: whole(
    { env: 'DCI_RATE_LIMIT', expects: 'messages a minute and sender, 0 = off' },
    600,
    0,
    1_000_000_000,
  ),
  dciMaxSubscriptions: whole(
    { env: 'DCI_MAX_SUBSCRIPTIONS', expects: 'subscriptions that a sender may hold, 1 to 1000000' },
    100,
    1,
    1_000_000,
  ),
  ledgerKeepInDays: whole({ env: 'LEDGER_KEEP_IN_DAYS', expects: 'days, 0 = for ever' }, 0, 0, 36_500),
  ledgerKeepOutDays: whole({ env: 'LEDGER_KEEP_OUT_DAYS', expects: 'days, 0 = for ever' }, 0, 0, 36_500),
  logLevel: oneOf(
    { env: 'LOG_LEVEL', expects: 'one of trace, debug, info, warn, error, silent' },
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'info',
  ),
  /** Only in the configuration file: ODK sources (odk.md §18.1), checked by the importer. */
  sources: Type.Optional(Type.Array(Type.Unknown())),
} satisfies TProperties;

/** Every setting with its type, default and name in the environment (product.md, "How it is operated"). */
export const Settings = Type.Object(properties, { additionalProperties: false });
export type Settings = Static<typeof Settings>;

/** Setting → its name in the environment and what it expects. */
export const abouts: ReadonlyMap<keyof Settings, About> = new Map(
  (Object.entries(properties) as [keyof Settings, TSchema & { about?: About }][]).flatMap(([name, schema]) =>
    schema.about ? [[name, schema.about] as const] : [],
  ),
);

/** The settings with everything worked out that follows from others; frozen. */
export interface Config extends Omit<Settings, 'publicUrl' | 'databaseUrl'> {
  /** Without a trailing slash. While port 0 is not bound yet this names port 0. */
  readonly publicUrl: string;
  /** The file of `CROSSWALK_CONFIG`: paths in it are relative to where it lies. */
  readonly configFile?: string;
  /** Whether the operator gave PUBLIC_URL; else it follows the bound port. */
  readonly publicUrlGiven: boolean;
  readonly databaseUrl: string;
  /** Largest request body in bytes. */
  readonly maxBody: number;
}
