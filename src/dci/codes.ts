/** The closed lists of the standard (dci.md §8). Nothing else is ever sent in these places. */
export const ackErrorCodes = [
  'err.request.bad',
  'err.request.unauthorized',
  'err.request.forbidden',
  'err.request.not_found',
  'err.request.timeout',
  'err.version.not_supported',
  'err.request.too_many_requests',
  'err.sender_id.invalid',
  'err.sender_uri.invalid',
  'err.receiver_id.invalid',
  'err.signature.missing',
  'err.signature.invalid',
  'err.encryption.invalid',
  'err.service.unavailable',
] as const;
export type AckErrorCode = (typeof ackErrorCodes)[number];

export const headerReasonCodes = [
  'rjct.version.invalid',
  'rjct.message_id.duplicate',
  'rjct.message_ts.invalid',
  'rjct.action.invalid',
  'rjct.action.not_supported',
  'rjct.total_count.invalid',
  'rjct.total_count.limit_exceeded',
  'rjct.errors.too_many',
] as const;
export type HeaderReasonCode = (typeof headerReasonCodes)[number];

const itemReasonCodes = ['rjct.reference_id.invalid', 'rjct.reference_id.duplicate', 'rjct.timestamp.invalid'] as const;

export const searchReasonCodes = [
  ...itemReasonCodes,
  'rjct.search_criteria.invalid',
  'rjct.filter.invalid',
  'rjct.sort.invalid',
  'rjct.pagination.invalid',
  'rjct.search.too_many_records_found',
] as const;
export type SearchReasonCode = (typeof searchReasonCodes)[number];

export const subscribeReasonCodes = [
  ...itemReasonCodes,
  'rjct.notify_types.invalid',
  'rjct.notify_details.invalid',
  'rjct.person_id.invalid',
  'rjct.event.already_subscribed',
] as const;
export type SubscribeReasonCode = (typeof subscribeReasonCodes)[number];

export const unsubscribeReasonCodes = [
  ...itemReasonCodes,
  'rjct.subscription_code.invalid',
  'rjct.requester.invalid',
  'rjct.event.already_unsubscribed',
] as const;
export type UnsubscribeReasonCode = (typeof unsubscribeReasonCodes)[number];

export const requestStatuses = ['rcvd', 'pdng', 'succ', 'rjct'] as const;
export type RequestStatus = (typeof requestStatuses)[number];
