import type { Peer } from '../../access/index.ts';
import { type Clock, toTimestamp } from '../../core/clock.ts';
import { Fault, isFault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import type { EntryDraft, LedgerWriter } from '../../ledger/ports.ts';
import type { HttpClient, HttpResponse } from '../../net/index.ts';
import type { Database, Tx } from '../../storage/index.ts';
import type { EnvelopeSigner } from '../../trust/index.ts';
import type { SignaturePolicy, Verification, Verifier } from '../../trust/ports.ts';
import { idsOf, subjectsOf } from '../entry-facts.ts';
import type { OperationName } from '../operations.ts';
import { claimsOf, type Received, signatureOf } from '../receive.ts';
import type { RegistryName } from '../registries/registry.ts';
import { type PeerAnswer, readPeerAnswer } from './answer.ts';
import type { Bearers } from './bearer.ts';
import { callbackUrl, operationUrl, ourIdFor, requestHeader } from './request.ts';

export interface SendDeps {
  readonly config: {
    readonly senderId: string;
    readonly signatures: SignaturePolicy;
    /** Our own address, for callbacks. */
    readonly publicUrl: () => string;
  };
  readonly db: Database;
  readonly http: Pick<HttpClient, 'request'>;
  readonly bearers: Bearers;
  readonly signer: Pick<EnvelopeSigner, 'seal'>;
  readonly verifier: Verifier;
  readonly ledger: Pick<LedgerWriter, 'append'>;
  /** For peers that want every message encrypted. */
  readonly encryptMessage?: (message: object, peer: Peer) => Promise<object>;
  readonly decryptMessage?: (message: unknown, peer: Peer) => Promise<unknown>;
  readonly clock: Clock;
}

/** What is to be asked of a peer. */
export interface Outgoing {
  readonly peer: Peer;
  readonly operation: OperationName;
  readonly registry: RegistryName;
  readonly message: object;
  /** Items in the message. */
  readonly total: number;
}

/** Writes of the caller that commit together with what goes on the ledger. */
export interface Alongside {
  /** With the request, before it is sent. */
  readonly sending?: (tx: Tx) => Promise<void>;
  /** With the answer. */
  readonly answered?: (tx: Tx, answer: PeerAnswer) => Promise<void>;
}

export interface Sent {
  readonly messageId: string;
  readonly answer: PeerAnswer;
}

// One page of a registry may hold a thousand records of some KiB.
const MAX_ANSWER = 32 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

interface Call {
  readonly peer: Peer;
  readonly url: string;
  readonly body: Buffer;
}

/** What was heard, and what was found out about it. */
interface Heard {
  readonly response: HttpResponse;
  readonly answer: PeerAnswer;
  readonly verification?: Verification;
  /** The message in the clear, as far as it could be opened: whom it names is known by it. */
  readonly message?: unknown;
  /** Why an envelope is not believed. */
  readonly fault?: Fault;
}

const askable = (peer: Peer): string => {
  if (peer.url === undefined) {
    throw new Fault('peer.not-askable', `${peer.senderId} has no base address; set one with peer update --url`);
  }
  return peer.url;
};

const toEntry = (
  { peer, url }: Call,
  { response, answer, verification, message, fault }: Heard,
  at: string,
): EntryDraft => {
  const envelope = answer.is === 'envelope' ? answer.received : undefined;
  const messageId = envelope && claimsOf(envelope.envelope).messageId;
  return {
    kind: 'message',
    direction: 'in',
    endpoint: `POST ${url}`,
    at,
    peer: peer.senderId,
    status: response.status,
    ...(messageId === undefined ? {} : { messageId }),
    ...(envelope ? idsOf(message) : {}),
    ...(answer.is === 'ack' && answer.correlationId !== undefined ? { correlationId: answer.correlationId } : {}),
    ...(fault ? { refusal: fault.code } : {}),
    ...(verification
      ? { signature: { ...verification, sender: peer.senderId, keySource: peer.jwksUrl ?? 'registered' } }
      : {}),
    body: response.body,
    ...(envelope ? { subjects: [...subjectsOf(message)] } : {}),
  };
};

/**
 * Sends one message to a peer and answers what came back. The request is on the ledger before it leaves, the answer
 * before anything is made of it; an envelope that does not verify with the peer's keys is thrown (`signature.*`).
 */
export const createSend = (deps: SendDeps) => {
  const { config, db, http, bearers, signer, verifier, ledger, clock } = deps;

  const post = async ({ peer, url, body }: Call): Promise<HttpResponse> => {
    const once = async (): Promise<HttpResponse> => {
      const token = await bearers.tokenFor(peer);
      return await http.request({
        method: 'POST',
        url,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          Accept: 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_ANSWER,
      });
    };
    const response = await once();
    // A fetched token may have been withdrawn before its time: once more with a fresh one (dci.md §13).
    return response.status === 401 && bearers.renew(peer) ? await once() : response;
  };

  /** An encrypted message that does not open is told when the answer is read; the ledger gets it as it came. */
  const plainOf = async (peer: Peer, { header, message }: Received['envelope']): Promise<unknown> => {
    const isEncrypted = isObject(header) && header['is_msg_encrypted'] === true;
    if (!isEncrypted || !deps.decryptMessage) return message;
    return await deps.decryptMessage(message, peer).catch((error: unknown) => {
      if (!isFault(error)) throw error;
      return message;
    });
  };

  const judge = async (peer: Peer, response: HttpResponse): Promise<Heard> => {
    const answer = readPeerAnswer(response.status, response.body);
    if (answer.is !== 'envelope') return { response, answer };
    const { body, parsed, envelope } = answer.received;
    const message = await plainOf(peer, envelope);
    const { messageTs } = claimsOf(envelope);
    const policy = { policy: config.signatures, mustSign: peer.mustSign };
    try {
      const signed = { body, parsed, signature: signatureOf(envelope), messageTs };
      return { response, answer, message, verification: await verifier.verify(peer, signed, policy) };
    } catch (error) {
      if (!isFault(error)) throw error;
      return { response, answer, message, fault: error };
    }
  };

  return async (outgoing: Outgoing, { sending, answered }: Alongside = {}): Promise<Sent> => {
    const { peer, operation, registry, message, total } = outgoing;
    const url = operationUrl(askable(peer), operation);
    const from = ourIdFor(peer, config.senderId);
    const senderUri = callbackUrl(config.publicUrl(), registry, operation);
    const encryptMessage = peer.encrypt === true ? deps.encryptMessage : undefined;
    const encrypted = encryptMessage !== undefined;
    const header = requestHeader({ operation, from, to: peer.senderId, senderUri, total, encrypted }, clock());
    const sealed = encryptMessage ? await encryptMessage(message, peer) : message;
    const { body, verification } = await signer.seal(peer.signature, from, { header, message: sealed });
    const call: Call = { peer, url, body };

    const request = await db.write(async (tx) => {
      await sending?.(tx);
      return ledger.append(tx, [
        {
          kind: 'message',
          direction: 'out',
          endpoint: `POST ${url}`,
          at: toTimestamp(clock()),
          peer: peer.senderId,
          messageId: header.message_id,
          ...idsOf(message),
          signature: { ...verification, sender: from, keySource: 'own' },
          body,
          subjects: [...subjectsOf(message)],
        },
      ]);
    });

    const heard = await judge(peer, await post(call));
    await db.write(async (tx) => {
      const [replyTo] = request.seqs;
      ledger.append(tx, [
        { ...toEntry(call, heard, toTimestamp(clock())), ...(replyTo === undefined ? {} : { replyTo }) },
      ]);
      if (!heard.fault) await answered?.(tx, heard.answer);
    });
    if (heard.fault) throw heard.fault;
    return { messageId: header.message_id, answer: heard.answer };
  };
};
export type Send = ReturnType<typeof createSend>;
