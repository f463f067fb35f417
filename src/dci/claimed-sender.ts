import { isObject } from '../core/json.ts';

/** The sender that a signature itself names, unverified: in the key id of the string form, or in the signed payload. */
export const claimedSender = (signature: unknown): string | undefined => {
  if (typeof signature !== 'string') return undefined;
  const inKeyId = /\b(?:kidId|keyId)="([^"|]*)\|/.exec(signature);
  if (inKeyId) return inKeyId[1];
  const payload = signature.split('.')[1];
  if (!payload) return undefined;
  try {
    const envelope: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const header = isObject(envelope) ? envelope['header'] : undefined;
    const senderId = isObject(header) ? header['sender_id'] : undefined;
    return typeof senderId === 'string' ? senderId : undefined;
  } catch {
    return undefined;
  }
};
