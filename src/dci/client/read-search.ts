import { isObject, type JsonObject } from '../../core/json.ts';
import { type RequestStatus, requestStatuses } from '../codes.ts';
import { given, idText } from '../envelope.ts';

type Members = Readonly<Record<string, unknown>>;

/** One item of a registry's answer, as far as it can be read. */
export interface AnsweredItem {
  readonly referenceId: string;
  readonly status: RequestStatus;
  readonly reasonCode?: string;
  readonly reason?: string;
  readonly regType?: string;
  readonly recordType?: string;
  readonly records: readonly JsonObject[];
  /** All matches, whatever the page. */
  readonly total?: number;
}

/** A registry's answer to a search (dci.md §5.3). */
export interface SearchAnswer {
  readonly transactionId: string;
  readonly correlationId?: string;
  readonly items: readonly AnsweredItem[];
}

/** A status that no list knows is one that says nothing yet (dci.md §11, C36). */
export const readStatus = (value: unknown): RequestStatus =>
  requestStatuses.find((one) => one === String(value).toLowerCase()) ?? 'rcvd';

/** Records as list or object (dci.md §11, C3, C4). */
export const readRecords = (value: unknown): readonly JsonObject[] =>
  (Array.isArray(value) ? value : [value]).filter(isObject) as JsonObject[];

const countOf = (value: unknown): number | undefined => {
  const count = typeof value === 'string' ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
};

const withText = <Name extends string>(name: Name, value: unknown): { readonly [member in Name]?: string } => {
  const text = given(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [member in Name]?: string };
};

const readItem = (item: Members): AnsweredItem => {
  const data = isObject(item['data']) ? item['data'] : {};
  const pagination = isObject(item['pagination']) ? item['pagination'] : {};
  const total = countOf(pagination['total_count']);
  return {
    referenceId: idText(item['reference_id']),
    status: readStatus(item['status']),
    ...withText('reasonCode', item['status_reason_code']),
    ...withText('reason', item['status_reason_message']),
    ...withText('regType', data['reg_type']),
    ...withText('recordType', data['reg_record_type']),
    records: readRecords(data['reg_records']),
    ...(total === undefined ? {} : { total }),
  };
};

/** Reads a message that fits `accept/on-search.json`. */
export const readSearchMessage = (message: Members): SearchAnswer => ({
  transactionId: idText(message['transaction_id']),
  ...(message['correlation_id'] === undefined || message['correlation_id'] === null
    ? {}
    : { correlationId: idText(message['correlation_id']) }),
  items: (message['search_response'] as readonly Members[]).map(readItem),
});
