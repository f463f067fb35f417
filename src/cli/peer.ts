import type { Peer } from '../access/ports.ts';
import type { CliContext, CommandFile } from './context.ts';
import { type PeerOptions, toPeerSettings, withPeerSettings } from './peer-settings.ts';
import { table } from './table.ts';

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
  token_issuer: peer.issuer,
  source: peer.source,
  must_sign: peer.mustSign,
  encrypt: peer.encrypt ?? false,
  revoked_keys: peer.revokedKeys,
  scopes: peer.scopes,
  policy: peer.policy,
  active: peer.active,
});

const add = (context: CliContext) => async (options: PeerOptions) => {
  const { peers } = await context.ground();
  const { peer, token } = await peers.add(options.senderId ?? '', toPeerSettings(options));
  // The same two are its client id and secret at the token endpoint.
  context.print({ ...wire(peer), token, client_id: peer.senderId, client_secret: token }, () => {
    const keys = keyNames(peer);
    return [
      `sender_id  ${peer.senderId}`,
      `token      ${token}`,
      `keys       ${keys.length > 0 ? keys.join(', ') : (peer.jwksUrl ?? 'none: give --key or --jwks-url, or its messages cannot verify')}`,
      'The token is shown this once; hand it to the peer now. It is its bearer token, and its client secret at',
      '/oauth2/client/token, where the client id is the sender id.',
    ].join('\n');
  });
};

export const peer: CommandFile = (command, context) => {
  withPeerSettings(
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

  withPeerSettings(
    command.command('update').description('change what is named, keep the rest').argument('<id>', 'its sender_id'),
  ).action(async (id: string, options: PeerOptions) => {
    const changed = await (await context.ground()).peers.update(id, toPeerSettings(options));
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

  command
    .command('revoke-key')
    .description('believe one key of a peer no longer, also while its key set still holds it')
    .argument('<id>', 'its sender_id')
    .argument('<key>', 'the key id, or the RFC 7638 thumbprint')
    .action(async (id: string, key: string) => {
      const changed = await (await context.ground()).peers.revokeKey(id, key);
      context.print(wire(changed), () => `A key of ${id} is revoked; running servers follow within two seconds.`);
    });
};
