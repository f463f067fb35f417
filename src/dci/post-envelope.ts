import type { Peer } from '../access/ports.ts';
import { isFault } from '../core/fault.ts';
import type { Attempt } from '../delivery/index.ts';
import type { LedgerWriter } from '../ledger/ports.ts';
import type { HttpClient } from '../net/index.ts';
import type { Bearers } from './client/bearer.ts';
import type { DciDeps } from './deps.ts';
import { replyHeader } from './envelope.ts';
import type { Reply } from './exchange.ts';
import { judgeAck } from './judge-ack.ts';
import { recordSent, type SentMessage } from './record-sent.ts';

/** A callback or notification as one attempt sends it. */
export interface OutgoingEnvelope {
  readonly peer: Peer;
  /** Called exactly; nothing is appended. */
  readonly url: string;
  /** Header members and message: the same in every attempt. */
  readonly reply: Reply;
  readonly messageId: string;
  /** The message as it was encrypted for this peer. */
  readonly sealed?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly callbackOf?: SentMessage['callbackOf'];
  /** Counted from 1. */
  readonly attempt: number;
}

/** Sends an envelope once and judges the answer. */
export type PostEnvelope = (outgoing: OutgoingEnvelope) => Promise<Attempt>;

export interface PostDeps extends Pick<DciDeps, 'signer' | 'clock'> {
  readonly senderId: string;
  readonly http: Pick<HttpClient, 'request'>;
  readonly bearers: Bearers;
  readonly ledger: Pick<LedgerWriter, 'append' | 'record'>;
}

const TIMEOUT_MS = 10_000;
// An Ack is a few hundred bytes; whoever answers more than this answers something else.
const MAX_ANSWER = 64 * 1024;

/** Foreign ids become header values: what no header can hold is escaped. */
const headerValue = (text: string): string =>
  /^[\x21-\x7e]+$/.test(text) ? text : encodeURIComponent(text.toWellFormed());

/**
 * Signs an envelope for the peer and posts it. The time in the header and the signature are of this attempt, as a
 * signature goes stale before the retries end; everything else is what it was before (dci.md §5.4).
 */
export const postEnvelope = ({ senderId, http, bearers, ledger, signer, clock }: PostDeps): PostEnvelope => {
  const record = recordSent(ledger);
  return async ({ peer, url, reply, messageId, sealed, headers = {}, callbackOf, attempt }) => {
    const from = peer.ourId ?? senderId;
    const now = clock();
    const header = replyHeader({ ...reply, messageId, from, to: peer.senderId, encrypted: sealed !== undefined }, now);
    const { body, verification } = await signer.seal(peer.signature, from, {
      header,
      message: sealed ?? reply.message,
    });
    const token = await bearers.tokenFor(peer);
    const recordAnswer = await record({
      peer: peer.senderId,
      url,
      sentAt: now,
      body,
      messageId,
      message: reply.message,
      signature: verification,
      from,
      ...(callbackOf ? { callbackOf } : {}),
      attempt,
    });
    try {
      const answer = await http.request({
        method: 'POST',
        url,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          Accept: 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerValue(value)])),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_ANSWER,
      });
      // A fetched token may have been withdrawn; the next attempt comes with another one.
      if (answer.status === 401) bearers.renew(peer);
      const receivedAt = clock();
      return { ...judgeAck(answer, receivedAt), record: (tx) => recordAnswer(tx, answer, receivedAt) };
    } catch (error) {
      if (!isFault(error)) throw error;
      return { delivered: false, error: error.message, final: error.code === 'net.refused' };
    }
  };
};
