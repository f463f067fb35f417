import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { AskingSettings, PeerSettings } from '../access/index.ts';
import type { Peer } from '../access/ports.ts';
import { Fault } from '../core/fault.ts';
import { readKeyFile } from '../trust/index.ts';
import type { CliContext, CommandFile } from './context.ts';
import { collect } from './options.ts';
import { table } from './table.ts';

interface AskOptions {
  readonly askToken?: string;
  readonly askTokenUrl?: string;
  readonly askClientId?: string;
  readonly askClientSecret?: string;
  readonly askCredentials?: string;
  readonly askScope?: string;
}

interface Options extends AskOptions {
  readonly senderId?: string;
  readonly jwksUrl?: string;
  readonly key?: string;
  readonly signature?: string;
  readonly callback?: string;
  readonly url?: string;
  readonly ourId?: string;
  readonly source?: true;
  readonly mustSign?: true;
  readonly encrypt?: true;
  readonly policy?: string;
  readonly scope: string[];
  readonly token?: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('peer.invalid', `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`, {}, { cause });
  }
};

const readPolicyFile = (path: string): unknown => {
  const text = read(path);
  try {
    return parseYaml(text, { maxAliasCount: 0 }); // YAML 1.2 is a superset of JSON
  } catch (cause) {
    throw new Fault('peer.invalid', `${path} is neither YAML nor JSON`, {}, { cause });
  }
};

/** How we come to the peer; `undefined` when nothing was said of it. */
const toAsking = (options: AskOptions): AskingSettings | undefined => {
  const { askToken, askTokenUrl, askClientId, askClientSecret, askCredentials, askScope } = options;
  const asking: AskingSettings = {
    ...(askToken === undefined ? {} : { token: askToken }),
    ...(askTokenUrl === undefined ? {} : { tokenUrl: askTokenUrl }),
    ...(askClientId === undefined ? {} : { clientId: askClientId }),
    ...(askClientSecret === undefined ? {} : { clientSecret: askClientSecret }),
    ...(askCredentials === undefined ? {} : { credentials: askCredentials }),
    ...(askScope === undefined ? {} : { scope: askScope }),
  };
  return Object.keys(asking).length === 0 ? undefined : asking;
};

const toSettings = ({ key, policy, scope, senderId: _senderId, ...rest }: Options): PeerSettings => {
  const asking = toAsking(rest);
  return {
    ...rest,
    ...(asking === undefined ? {} : { asking }),
    ...(key === undefined ? {} : { keys: readKeyFile(read(key)) }),
    ...(policy === undefined ? {} : { policy: readPolicyFile(policy) }),
    ...(scope.length === 0 ? {} : { scopes: scope }),
  };
};

const keyNames = (peer: Peer): string[] =>
  peer.keys.map((key) => key.kid ?? `(no id) ${key.kty} ${key.crv ?? ''}`.trim());

const wire = (peer: Peer): object => ({
  sender_id: peer.senderId,
  keys: keyNames(peer),
  jwks_url: peer.jwksUrl,
  signature: peer.signature,
  callback: peer.callback,
  url: peer.url,
  our_id: peer.ourId,
  asked_by: peer.asking?.by,
  source: peer.source,
  must_sign: peer.mustSign,
  encrypt: peer.encrypt ?? false,
  scopes: peer.scopes,
  policy: peer.policy,
  active: peer.active,
});

const withSettings = (command: ReturnType<Parameters<CommandFile>[0]['command']>) =>
  command
    .option('--jwks-url <url>', 'where its public keys are published')
    .option('--key <file>', 'its public key: PEM, JWK or JWKS')
    .option('--signature <form>', 'how we sign what we send to it: ed25519, jws, detached-jws or none')
    .option('--callback <url>', 'where on-* and notify go when a message names no sender_uri')
    .option('--url <base>', 'its base address, for asking it')
    .option('--our-id <id>', 'the sender id we present to it')
    .option('--source', 'its records may be taken into our registry')
    .option('--must-sign', 'unsigned messages of it are refused under every policy')
    .option('--encrypt', 'what we send to it is encrypted with its key for encryption, also where it asked in the open')
    .option('--policy <file>', 'what it may ask and see (YAML or JSON, docs/peers.md)')
    .option(
      '--scope <scope>',
      'an operation it may use, such as registry.search or social:registry.search (repeat)',
      collect,
      [],
    )
    .option('--token <token>', 'its bearer token; without one a token is made')
    .option('--ask-token <token>', 'the bearer token it gave us (default: its own token serves both ways)')
    .option('--ask-token-url <url>', 'where we fetch tokens from it (OAuth2 client credentials)')
    .option('--ask-client-id <id>', 'our client id there')
    .option('--ask-client-secret <secret>', 'our client secret there')
    .option('--ask-credentials <place>', 'where it wants them: body (default), query or basic')
    .option('--ask-scope <scopes>', 'the scopes to ask for');

const add = (context: CliContext) => async (options: Options) => {
  const { peers } = await context.ground();
  const { peer, token } = await peers.add(options.senderId ?? '', toSettings(options));
  context.print({ ...wire(peer), token }, () => {
    const keys = keyNames(peer);
    return [
      `sender_id  ${peer.senderId}`,
      `token      ${token}`,
      `keys       ${keys.length > 0 ? keys.join(', ') : (peer.jwksUrl ?? 'none: give --key or --jwks-url, or its messages cannot verify')}`,
      'The token is shown this once; hand it to the peer now.',
    ].join('\n');
  });
};

export const peer: CommandFile = (program, context) => {
  const command = program.command('peer').description('DCI peers: who may send us messages, and how they are checked');

  withSettings(
    command
      .command('add')
      .description('register a peer; prints its bearer token, this once')
      .requiredOption('--sender-id <id>', 'the sender_id in its messages'),
  ).action(add(context));

  command
    .command('list')
    .description('list the peers')
    .action(async () => {
      const all = await (await context.ground()).peers.list();
      context.print(all.map(wire), () =>
        table(
          ['sender_id', 'active', 'signature', 'keys', 'scopes'],
          all.map((one) => [
            one.senderId,
            one.active ? 'yes' : 'revoked',
            one.signature,
            one.jwksUrl ?? keyNames(one).join(' '),
            one.scopes.join(' ') || 'everything',
          ]),
        ),
      );
    });

  withSettings(
    command.command('update').description('change what is named, keep the rest').argument('<id>', 'its sender_id'),
  ).action(async (id: string, options: Options) => {
    const changed = await (await context.ground()).peers.update(id, toSettings(options));
    context.print(wire(changed), () => `${changed.senderId} is changed; running servers follow within two seconds.`);
  });

  command
    .command('revoke')
    .description('shut a peer out: its token and its signatures')
    .argument('<id>', 'its sender_id')
    .action(async (id: string) => {
      const revoked = await (await context.ground()).peers.revoke(id);
      context.print(wire(revoked), () => `${revoked.senderId} is revoked; running servers follow within two seconds.`);
    });
};
