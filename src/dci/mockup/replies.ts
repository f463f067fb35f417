import { type Clock, toTimestamp } from '../../core/clock.ts';
import { newRandomId } from '../../core/ids.ts';
import type { OperationName } from '../operations.ts';
import type { RegistryName } from '../registries/registry.ts';

// A made-up record: the suites look at its shape, and want its identifier as an object (dci.md §11, C23).
const record = {
  '@type': 'Person',
  identifier: { '@type': 'Identifier', identifier_type: 'UIN', identifier_value: 'MOCK-0001' },
  name: { surname: 'Mock', given_name: 'Record' },
};
const data = { version: '1.0.0', reg_records: [record] };

const searchReply = (registry: RegistryName, timestamp: string): object => ({
  message: {
    transaction_id: 'mock-transaction',
    correlation_id: newRandomId(),
    search_response: [{ reference_id: 'mock-reference', timestamp, status: 'succ', data, locale: 'eng' }],
  },
  ...(registry === 'ibr' ? { reference_id: 'mock-reference', status: 'succ', locale: 'eng', data } : {}),
});

const ackReply = (timestamp: string): object => ({
  message: { ack_status: 'ACK', timestamp, correlation_id: newRandomId(), error: { code: '', message: '' } },
});

/**
 * What the official mock-up suites expect in answer to a call without body and token (dci.md §12). They test no
 * server's logic, only that something of this shape comes back; none of it is data.
 */
export const mockupReply = (operation: OperationName, registry: RegistryName, clock: Clock): object => {
  const timestamp = toTimestamp(clock());
  switch (operation) {
    case 'sync/search':
      return searchReply(registry, timestamp);
    case 'search':
      return {
        transaction_id: 123456789,
        correlation_id: newRandomId(),
        search_response: { status: 'rcvd', message: 'a mock-up of a search' },
      };
    case 'sync/txn/status':
      return { transaction_id: 123456789, correlation_id: newRandomId(), txnstatus_response: {} };
    default:
      return ackReply(timestamp);
  }
};
