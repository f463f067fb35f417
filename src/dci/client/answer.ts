import { isFault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import { given, idText } from '../envelope.ts';
import { openBody, type Received } from '../receive.ts';

type Members = Readonly<Record<string, unknown>>;

/** Why another registry refused a message, in its own words. */
export interface PeerRefusal {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
}

/**
 * What another registry answered (dci.md §2.3, §13): it took the message (`follows`: a callback is announced), it
 * refused it, it answered with an envelope, or with something that nobody can read.
 */
export type PeerAnswer =
  | { readonly is: 'ack'; readonly follows: boolean; readonly correlationId?: string }
  | ({ readonly is: 'refusal' } & PeerRefusal)
  | { readonly is: 'envelope'; readonly received: Received }
  | { readonly is: 'unreadable'; readonly why: string };

// Whatever a peer writes into an error goes no further than this.
const MAX_TEXT = 300;

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'number' ? String(value) : given(value);
  return text?.slice(0, MAX_TEXT);
};

const firstOf = (members: Members, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const text = textOf(members[name]);
    if (text !== undefined) return text;
  }
  return undefined;
};

const codeNames = ['code', 'status_reason_code', 'error', 'type'];
const messageNames = ['message', 'status_reason_message', 'error_description', 'detail', 'title'];

const said = (members: Members): Pick<PeerRefusal, 'code' | 'message'> => {
  const code = firstOf(members, codeNames);
  const message = firstOf(members, messageNames);
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
};

/** The reason in any of the shapes that peers use: an Ack's error, `errors`, RFC 9457, OAuth2, a flat object. */
const reasonIn = (body: Members): Pick<PeerRefusal, 'code' | 'message'> => {
  const ack = isObject(body['message']) ? body['message'] : body;
  if (isObject(ack['error'])) return said(ack['error']);
  const [first] = Array.isArray(body['errors']) ? body['errors'] : [];
  if (isObject(first)) return said(first);
  const header = body['header'];
  if (isObject(header) && given(header['status_reason_code'])) return said(header);
  if (isObject(body['detail'])) return said(body['detail']);
  return said(body);
};

const ackOf = (body: Members): Members | undefined => {
  const inner = body['message'];
  if (isObject(inner) && typeof inner['ack_status'] === 'string') return inner;
  return typeof body['ack_status'] === 'string' ? body : undefined;
};

const readJson = (body: Buffer): Members | undefined => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const readEnvelope = (body: Buffer): PeerAnswer => {
  try {
    return { is: 'envelope', received: openBody(body) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { is: 'unreadable', why: error.message };
  }
};

/** Reads whatever came back; content types are not looked at, as peers leave them out. */
export const readPeerAnswer = (status: number, body: Buffer): PeerAnswer => {
  const json = readJson(body);
  if (status < 200 || status > 299) return { is: 'refusal', status, ...(json ? reasonIn(json) : {}) };
  if (!json)
    return { is: 'unreadable', why: body.length === 0 ? 'the answer is empty' : 'the answer is no JSON object' };
  const ack = ackOf(json);
  if (ack) {
    const word = String(ack['ack_status']).toUpperCase();
    if (word !== 'ACK' && word !== 'NACK') return { is: 'refusal', status, ...reasonIn(json) };
    const correlationId = ack['correlation_id'];
    const known = given(correlationId) !== undefined || typeof correlationId === 'number';
    return { is: 'ack', follows: word === 'ACK', ...(known ? { correlationId: idText(correlationId) } : {}) };
  }
  if (isObject(json['header'])) return readEnvelope(body);
  const isError = Array.isArray(json['errors']) || json['error'] !== undefined;
  return isError
    ? { is: 'refusal', status, ...reasonIn(json) }
    : { is: 'unreadable', why: 'the answer is neither an Ack nor an envelope' };
};
