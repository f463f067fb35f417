import { Fault } from '../../core/fault.ts';
import type { SecretBox } from '../../trust/index.ts';
import { type Asking, type CredentialsPlace, credentialsPlaces } from '../ports.ts';

/** What an operator says of how we identify ourselves to a peer; in an update, what is absent stays as it is. */
export interface AskingSettings {
  /** A bearer token that the peer gave us. */
  readonly token?: string;
  /** Where the peer gives out tokens for our client id and secret. */
  readonly tokenUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly credentials?: string;
  readonly scope?: string;
}

const refuse = (message: string): Fault => new Fault('peer.invalid', message);

const labelOf = (senderId: string, what: string): string => `peer ${senderId} ${what}`;

const checkPlace = (place: string): CredentialsPlace => {
  const known = credentialsPlaces.find((one) => one === place);
  if (!known) throw refuse(`credentials go into one of ${credentialsPlaces.join(', ')}`);
  return known;
};

/** The token by which a peer comes to us, kept so that we can come to it by the same one. */
export const sharedToken = (secrets: SecretBox, senderId: string, token: string): Asking => ({
  by: 'shared-token',
  token: secrets.seal(token, labelOf(senderId, 'token')),
});

/** The way to ask as it shall be: `before` with the given settings over it. */
export const toAsking = (
  secrets: SecretBox,
  senderId: string,
  before: Asking | undefined,
  given: AskingSettings,
): Asking => {
  const { token, tokenUrl, clientId, clientSecret, credentials, scope } = given;
  if (token !== undefined) {
    if (tokenUrl !== undefined) throw refuse('give a token, or where to fetch one, but not both');
    return { by: 'token', token: secrets.seal(token, labelOf(senderId, 'token')) };
  }
  const known = before?.by === 'client' ? before : undefined;
  const sealed =
    clientSecret === undefined ? known?.clientSecret : secrets.seal(clientSecret, labelOf(senderId, 'client'));
  const url = tokenUrl ?? known?.tokenUrl;
  const id = clientId ?? known?.clientId;
  if (url === undefined || id === undefined || sealed === undefined) {
    throw refuse('to fetch tokens, an address for tokens, a client id and a client secret are needed');
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw refuse('the address for tokens must be an http or https URL');
  }
  const scopes = scope ?? known?.scope;
  return {
    by: 'client',
    tokenUrl: url,
    clientId: id,
    clientSecret: sealed,
    credentials: credentials === undefined ? (known?.credentials ?? 'body') : checkPlace(credentials),
    ...(scopes === undefined ? {} : { scope: scopes }),
  };
};

/** The secret in the clear: a token, or the secret of a client. Throws `peer.invalid` when the key is another one. */
export const openAsking = (secrets: SecretBox, senderId: string, asking: Asking): string => {
  const secret =
    asking.by === 'client'
      ? secrets.open(asking.clientSecret, labelOf(senderId, 'client'))
      : secrets.open(asking.token, labelOf(senderId, 'token'));
  if (secret !== undefined) return secret;
  throw refuse(`what we come to ${senderId} by does not open with the key in DATA_DIR; set it again with peer update`);
};
