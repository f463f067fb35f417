import { newRandomId } from '../../core/ids.ts';

export const txnTypes = ['search', 'subscribe', 'unsubscribe'] as const;
export type TxnType = (typeof txnTypes)[number];

export const attributeTypes = [
  'transaction_id',
  'correlation_id',
  'reference_id_list',
  'subscription_code_list',
] as const;

/** A question after an earlier message (dci.md §6). */
export interface StatusQuestion {
  readonly txnType: TxnType;
  readonly attributeType: (typeof attributeTypes)[number];
  /** Several only for the two lists. */
  readonly values: readonly string[];
}

export const statusMessage = ({ txnType, attributeType, values }: StatusQuestion) => ({
  transaction_id: newRandomId(),
  txnstatus_request: {
    attribute_type: attributeType,
    attribute_value: attributeType.endsWith('_list') ? values : (values[0] ?? ''),
    locale: 'eng',
    reference_id: '1',
    txn_type: txnType,
  },
});
