import * as validators from '#validators';
import type { Peer } from '../../access/index.ts';
import { Fault, isFault } from '../../core/fault.ts';
import { isObject } from '../../core/json.ts';
import { given, type RequestHeader, readRequestHeader } from '../envelope.ts';
import { type OperationName, operationOf } from '../operations.ts';
import type { Received } from '../receive.ts';
import { checkShape } from '../schema-faults.ts';

/** An envelope of a peer that was found good: in plain, of the shape that its operation has. */
export interface PeerReply {
  readonly header: RequestHeader;
  /** Why the whole message was refused, where its header says so. */
  readonly reason?: { readonly code: string; readonly message?: string };
  readonly message: Readonly<Record<string, unknown>>;
}

export interface ReadReplyDeps {
  readonly decryptMessage?: (message: unknown, peer: Peer) => Promise<unknown>;
}

const unusable = (peer: Peer, why: string): Fault =>
  new Fault('dci.answer-unusable', `${peer.senderId} answered what cannot be used: ${why}`);

const reasonOf = (header: Readonly<Record<string, unknown>>): Pick<PeerReply, 'reason'> => {
  const code = given(header['status_reason_code']);
  const message = given(header['status_reason_message']);
  return code === undefined ? {} : { reason: { code, ...(message === undefined ? {} : { message }) } };
};

const plain = async ({ decryptMessage }: ReadReplyDeps, peer: Peer, header: RequestHeader, message: unknown) => {
  if (!header.isEncrypted) return message;
  if (!decryptMessage) throw unusable(peer, 'it is encrypted');
  return await decryptMessage(message, peer);
};

/**
 * Reads the envelope by which a peer answered, as `operation` (`on-search`, `txn/on-status`) has it. Its action is
 * not looked at: peers answer a search with `search` as well as with `on-search` (dci.md §11, C22).
 */
export const createReadReply =
  (deps: ReadReplyDeps) =>
  async (peer: Peer, { envelope }: Received, operation: OperationName): Promise<PeerReply> => {
    const { accepts, repair } = operationOf(operation);
    try {
      checkShape(validators.acceptCallbackHeader, 'header', envelope['header']);
      const said = envelope['header'] as Readonly<Record<string, unknown>>;
      const header = readRequestHeader(said);
      const message = await plain(deps, peer, header, envelope['message']);
      const repaired = repair && isObject(message) ? repair(message) : message;
      checkShape(accepts, 'message', repaired);
      return { header, ...reasonOf(said), message: repaired as Readonly<Record<string, unknown>> };
    } catch (error) {
      if (isFault(error) && error.code === 'dci.request-invalid') throw unusable(peer, error.message);
      throw error;
    }
  };
export type ReadReply = ReturnType<typeof createReadReply>;
