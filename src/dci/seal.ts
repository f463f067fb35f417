import type { Peer } from '../access/ports.ts';
import type { DciDeps } from './deps.ts';
import { type RequestHeader, replyHeader } from './envelope.ts';
import type { Reply, SealedReply } from './exchange.ts';

/** Whether what answers this question is encrypted: when the question was, or when its sender wants it always. */
export const isToBeEncrypted = (peer: Peer, asked: Pick<RequestHeader, 'isEncrypted'>): boolean =>
  asked.isEncrypted || peer.encrypt === true;

/** A reply as it leaves: header, message (encrypted where it is to be) and our signature over both. */
export const sealReply = async (
  { config, signer, encryptMessage, clock }: Pick<DciDeps, 'config' | 'signer' | 'encryptMessage' | 'clock'>,
  peer: Peer,
  asked: RequestHeader,
  reply: Reply,
): Promise<SealedReply> => {
  const from = peer.ourId ?? config.senderId;
  const encrypted = isToBeEncrypted(peer, asked) && encryptMessage !== undefined;
  const header = replyHeader({ ...reply, from, to: peer.senderId, encrypted }, clock());
  const message = encrypted ? await encryptMessage(reply.message, peer) : reply.message;
  const { body, verification } = await signer.seal(peer.signature, from, { header, message });
  const { message: plain, subjects } = reply;
  return { body, messageId: header.message_id, message: plain, subjects, signature: verification, from };
};
