import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import type { AskingSettings, IssuerSettings, PeerSettings } from '../access/index.ts';
import { Fault } from '../core/fault.ts';
import { readKeyFile } from '../trust/index.ts';
import { collect } from './options.ts';

interface AskOptions {
  readonly askToken?: string;
  readonly askTokenUrl?: string;
  readonly askClientId?: string;
  readonly askClientSecret?: string;
  readonly askCredentials?: string;
  readonly askScope?: string;
}

interface IssuerOptions {
  readonly tokenIssuer?: string;
  readonly tokenJwksUrl?: string;
  readonly tokenAudience?: string;
  readonly tokenSubject?: string;
}

/** The options of `peer add` and `peer update`. */
export interface PeerOptions extends AskOptions, IssuerOptions {
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

/** Who else issues the peer's tokens; `undefined` when nothing was said of it. */
const toIssuer = ({
  tokenIssuer,
  tokenJwksUrl,
  tokenAudience,
  tokenSubject,
}: IssuerOptions): IssuerSettings | undefined => {
  const issuer: IssuerSettings = {
    ...(tokenIssuer === undefined ? {} : { issuer: tokenIssuer }),
    ...(tokenJwksUrl === undefined ? {} : { jwksUrl: tokenJwksUrl }),
    ...(tokenAudience === undefined ? {} : { audience: tokenAudience }),
    ...(tokenSubject === undefined ? {} : { subject: tokenSubject }),
  };
  return Object.keys(issuer).length === 0 ? undefined : issuer;
};

/** What the options say, files read. */
export const toPeerSettings = ({ key, policy, scope, senderId: _senderId, ...rest }: PeerOptions): PeerSettings => {
  const asking = toAsking(rest);
  const issuer = toIssuer(rest);
  return {
    ...rest,
    ...(issuer === undefined ? {} : { issuer }),
    ...(asking === undefined ? {} : { asking }),
    ...(key === undefined ? {} : { keys: readKeyFile(read(key)) }),
    ...(policy === undefined ? {} : { policy: readPolicyFile(policy) }),
    ...(scope.length === 0 ? {} : { scopes: scope }),
  };
};

/** The options of `peer add` and `peer update` on a command. */
export const withPeerSettings = (command: Command) =>
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
    .option('--token-issuer <iss>', 'who else issues tokens for it: the iss of those')
    .option('--token-jwks-url <url>', 'where that issuer publishes its keys')
    .option('--token-audience <aud>', 'the aud that means us')
    .option('--token-subject <sub>', 'the sub, client_id or azp that means this peer (default: its sender id)')
    .option('--ask-token <token>', 'the bearer token it gave us (default: its own token serves both ways)')
    .option('--ask-token-url <url>', 'where we fetch tokens from it (OAuth2 client credentials)')
    .option('--ask-client-id <id>', 'our client id there')
    .option('--ask-client-secret <secret>', 'our client secret there')
    .option('--ask-credentials <place>', 'where it wants them: body (default), query or basic')
    .option('--ask-scope <scopes>', 'the scopes to ask for');
