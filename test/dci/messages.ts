import { randomUUID } from 'node:crypto';
import type { OperationName } from '../../src/dci/operations.ts';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { byId, type Envelope, type TestPeer } from './peer.ts';

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** What the suite looks up in each registry; no record need exist. */
export const lookUps: Readonly<Record<RegistryName, readonly [type: string, value: string]>> = {
  social: ['UIN', 'TEST-001'],
  crvs: ['BIRTH_REG_NO', 'BIRTH-TEST-001'],
  dr: ['UIN', 'TEST-001'],
  fr: ['FARMER_ID', 'FARMER-TEST-001'],
  ibr: ['UIN', 'TEST-001'],
};

const record = {
  '@type': 'Member',
  member_identifier: [{ identifier_type: 'UIN', identifier_value: 'SENT-1' }],
  demographic_info: { name: { surname: 'Sent', given_name: 'Record' } },
};
const data = { version: '1.0.0', reg_record_type: 'Member', reg_records: [record] };
const ids = () => ({ transaction_id: `txn-${randomUUID()}`, correlation_id: `corr-${randomUUID()}` });
const item = () => ({ reference_id: `ref-${randomUUID()}`, timestamp: now() });

const answered = (peer: TestPeer, action: string, message: object, more: object): Envelope =>
  peer.ask(action, message, { status: 'succ', ...more });

type Maker = (peer: TestPeer, registry: RegistryName, more: Record<string, unknown>) => Envelope;

const search: Maker = (peer, registry, more) => peer.search(byId(...lookUps[registry]), more);
const status: Maker = (peer, _registry, more) =>
  peer.ask(
    'txn-status',
    {
      transaction_id: ids().transaction_id,
      txnstatus_request: {
        reference_id: 'ref-9',
        txn_type: 'search',
        attribute_type: 'transaction_id',
        attribute_value: 'never-used',
      },
    },
    more,
  );
const disabled: Maker = (peer, _registry, more) =>
  peer.ask(
    'search',
    {
      transaction_id: ids().transaction_id,
      disabled_criteria: { query_type: 'expression', query: { 'member.member_identifier': { eq: 'TEST-001' } } },
    },
    more,
  );
const receipt: Maker = (peer, _registry, more) =>
  peer.ask(
    'receipt',
    {
      transaction_id: ids().transaction_id,
      receipt_information: { receipt_type: 'notification', notification_id: 'NOTIF-1', received_at: now() },
    },
    more,
  );

const makers: Readonly<Record<OperationName, Maker>> = {
  search,
  'sync/search': search,
  'on-search': (peer, _registry, more) =>
    answered(
      peer,
      'on-search',
      { ...ids(), search_response: [{ ...item(), status: 'succ', data, locale: 'eng' }] },
      more,
    ),
  subscribe: (peer, registry, more) => {
    const [type, value] = lookUps[registry];
    const subscribe_criteria = {
      reg_event_type: 'REGISTER',
      filter_type: 'idtype-value',
      // One of its own each time: a repeat is answered with the code that is there already.
      filter: { type, value: `${value}-${randomUUID()}` },
      notify_record_type: 'Member',
    };
    const message = { transaction_id: ids().transaction_id, subscribe_request: [{ ...item(), subscribe_criteria }] };
    return peer.ask('subscribe', message, more);
  },
  'on-subscribe': (peer, _registry, more) =>
    answered(
      peer,
      'on-subscribe',
      {
        ...ids(),
        subscribe_response: [
          { ...item(), status: 'succ', subscriptions: [{ code: 'SUB-1', status: 'subscribe', timestamp: now() }] },
        ],
      },
      more,
    ),
  unsubscribe: (peer, _registry, more) =>
    peer.ask(
      'unsubscribe',
      { transaction_id: ids().transaction_id, timestamp: now(), subscription_codes: ['sub-test-001'] },
      more,
    ),
  'on-unsubscribe': (peer, _registry, more) =>
    answered(peer, 'on-unsubscribe', { ...ids(), timestamp: now(), status: 'succ' }, more),
  notify: (peer, _registry, more) =>
    answered(
      peer,
      'notify',
      {
        transaction_id: ids().transaction_id,
        notify_event: [{ ...item(), data: { ...data, reg_event_type: 'REGISTER', reg_records: record } }],
      },
      more,
    ),
  'txn/status': status,
  'sync/txn/status': status,
  'txn/on-status': (peer, _registry, more) =>
    answered(
      peer,
      'txn-on-status',
      { ...ids(), txnstatus_response: { txn_type: 'search', txn_status: { ...ids(), search_response: [] } } },
      more,
    ),
  receipt,
  'sync/receipt': receipt,
  'sync/disabled': disabled,
  'sync/get-disability-details': disabled,
  'sync/get-disability-support': disabled,
  'sync/enrolled': (peer, _registry, more) =>
    peer.ask(
      'search',
      {
        transaction_id: ids().transaction_id,
        enrolled_criteria: { query_type: 'expression', query: { person_identifier: { eq: 'TEST-001' } } },
      },
      more,
    ),
  'sync/enrollment/updates': (peer, _registry, more) =>
    answered(
      peer,
      'notify',
      {
        transaction_id: ids().transaction_id,
        enrolled_updates: {
          beneficiaries: [{ member: record, programme_identifier: [{ programme_identifier: 'P-1' }] }],
        },
      },
      more,
    ),
};

/** A good message of any operation, as the suite would send it to a registry: unsigned, so that tests may sign it. */
export const messageOf = (
  operation: OperationName,
  peer: TestPeer,
  registry: RegistryName,
  more: Record<string, unknown> = {},
): Envelope => makers[operation](peer, registry, more);
