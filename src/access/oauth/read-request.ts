import { isObject } from '../../core/json.ts';
import type { OAuthRefusal } from './refusal.ts';

/** A request for a token, in whichever of its forms it came. */
export interface TokenRequest {
  readonly grant: string | undefined;
  readonly clientId: string;
  readonly secret: string;
  readonly scope: string | undefined;
}

const fromBasic = (header: string): { id: string; secret: string } | undefined => {
  const match = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header);
  if (!match?.[1]) return undefined;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
};

const membersOf = (isForm: boolean, body: Buffer): Readonly<Record<string, unknown>> => {
  const text = body.toString('utf8');
  if (isForm) return Object.fromEntries(new URLSearchParams(text));
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
};

/**
 * Reads a form or JSON, with the credentials in it or as HTTP Basic; those in the body win. JSON may leave the grant
 * out: there is one only. Without credentials it throws what `missing` says.
 */
export const readTokenRequest = (
  { isForm, authorization, body }: { readonly isForm: boolean; readonly authorization: string; readonly body: Buffer },
  missing: OAuthRefusal,
): TokenRequest => {
  const members = membersOf(isForm, body);
  const basic = fromBasic(authorization);
  const word = (name: string): string | undefined => {
    const value = members[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const clientId = word('client_id') ?? basic?.id;
  const secret = word('client_secret') ?? basic?.secret;
  if (!clientId || !secret) throw missing;
  return {
    grant: word('grant_type') ?? (isForm ? undefined : 'client_credentials'),
    clientId,
    secret,
    scope: word('scope'),
  };
};
