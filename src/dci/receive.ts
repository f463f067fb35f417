import * as validators from '#validators';
import type { Peer } from '../access/ports.ts';
import { Fault, isFault } from '../core/fault.ts';
import { isObject } from '../core/json.ts';
import { parseStrictJson, type StrictJson } from '../trust/index.ts';
import type { Verification } from '../trust/ports.ts';
import { claimedSender } from './claimed-sender.ts';
import type { DciDeps } from './deps.ts';
import { given, isServedVersion, type RequestHeader, readRequestHeader } from './envelope.ts';
import type { Operation } from './operations.ts';
import { checkShape } from './schema-faults.ts';

type Members = Readonly<Record<string, unknown>>;

/** Who sends a token; throws `token.invalid` for none, an unknown and a revoked one alike. */
export const authenticate = async (
  { peers, tokens }: Pick<DciDeps, 'peers' | 'tokens'>,
  authorization: string,
): Promise<Peer> => {
  const token = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  if (token === undefined) throw new Fault('token.invalid', 'a bearer token is needed');
  const peer = await (tokens ? tokens.peerOf(token) : peers.byToken(token));
  if (!peer) throw new Fault('token.invalid', 'the bearer token is not valid');
  return peer;
};

/** A received message: its bytes, and what they say. */
export interface Received {
  readonly body: Buffer;
  readonly parsed: StrictJson;
  readonly envelope: Members;
}

/** Opens a body, which must be an object that has one reading only. */
export const openBody = (body: Buffer): Received => {
  const parsed = parseStrictJson(body);
  if (!isObject(parsed.value)) throw new Fault('dci.request-invalid', 'the envelope must be a JSON object');
  return { body, parsed, envelope: parsed.value };
};

/** What an envelope says of itself, before anything of it is checked. */
export const claimsOf = (
  envelope: Members,
): { messageId?: string; senderId?: string; action?: string; messageTs?: string } => {
  const header = isObject(envelope['header']) ? envelope['header'] : {};
  const claim = (name: string, as: string): object => {
    const text = given(header[name]);
    return text === undefined ? {} : { [as]: text };
  };
  return {
    ...claim('message_id', 'messageId'),
    ...claim('sender_id', 'senderId'),
    ...claim('action', 'action'),
    ...claim('message_ts', 'messageTs'),
  };
};

const mismatch = async (peers: DciDeps['peers'], senderId: string): Promise<Fault> =>
  (await peers.bySenderId(senderId))
    ? new Fault('dci.sender-mismatch', 'header.sender_id: is not the owner of the token')
    : new Fault('dci.sender-unknown', 'header.sender_id: no such sender is registered');

/** One importer spells the member's name wrong. */
export const signatureOf = (envelope: Members): unknown => envelope['signature'] ?? envelope['sinature'];

/**
 * Checks that the owner of the token sent this. The signature comes first: a message that was altered on its way is
 * to be refused for that, whatever else the alteration made wrong of it (dci.md §15.7).
 */
export const verifySender = async (
  { config, peers, verifier }: Pick<DciDeps, 'config' | 'peers' | 'verifier'>,
  peer: Peer,
  { body, parsed, envelope }: Received,
): Promise<Verification> => {
  const { senderId, messageTs } = claimsOf(envelope);
  const isOwner = senderId === undefined || senderId === peer.senderId;
  const policy = { policy: config.signatures, mustSign: peer.mustSign };
  try {
    const message = { body, parsed, signature: signatureOf(envelope), messageTs };
    const verification = await verifier.verify(peer, message, policy);
    if (!isOwner) throw await mismatch(peers, senderId);
    return verification;
  } catch (error) {
    // A signature that is not the token owner's may be honestly that of the sender named: then the token is wrong.
    if (isOwner || !isFault(error) || error.kind !== 'untrusted-signature') throw error;
    const isStranger = error.code === 'signature.missing' || claimedSender(signatureOf(envelope)) === senderId;
    throw isStranger ? await mismatch(peers, senderId) : error;
  }
};

/** The header in our words; throws for a shape, a version or an action that is not served here. */
export const readHeader = (envelope: Members, operation: Operation): RequestHeader => {
  if (!isObject(envelope['header'])) throw new Fault('dci.request-invalid', 'header: is missing');
  const validate = operation.kind === 'callback' ? validators.acceptCallbackHeader : validators.acceptRequestHeader;
  checkShape(validate, 'header', envelope['header']);
  const header = readRequestHeader(envelope['header']);
  if (!isServedVersion(header.version)) {
    throw new Fault('dci.version-unsupported', 'header.version: versions 1.x are served');
  }
  if (!operation.actions.includes(header.action)) {
    throw new Fault('dci.action-invalid', `header.action: must be ${operation.actions[0]} here`);
  }
  return header;
};

/** The message in plain, of the shape that the operation takes. */
export const readMessage = async (
  { decryptMessage }: Pick<DciDeps, 'decryptMessage'>,
  { peer, header, envelope }: { peer: Peer; header: RequestHeader; envelope: Members },
  operation: Operation,
): Promise<unknown> => {
  let message = envelope['message'];
  if (message === undefined || message === null) throw new Fault('dci.request-invalid', 'message: is missing');
  if (header.isEncrypted) {
    if (!decryptMessage) throw new Fault('dci.encryption-invalid', 'encrypted messages are not served');
    message = await decryptMessage(message, peer);
  }
  const repaired = operation.repair && isObject(message) ? operation.repair(message) : message;
  checkShape(operation.accepts, 'message', repaired);
  return repaired;
};
