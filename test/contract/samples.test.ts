import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as validators from '#validators';
import { isObject } from '../../src/core/json.ts';
import type { OperationName } from '../../src/dci/operations.ts';
import { type RegistryName, registryNames } from '../../src/dci/registries/all.ts';
import { type DciServer, startDciServer } from '../dci/server.ts';
import { assertOurs } from '../dci/shapes.ts';

// The published example messages lie beside the checkout, not in it.
const folder = fileURLToPath(new URL('../../../shared/reference/dci/samples/', import.meta.url));

/** Which operation a message is for, by what it holds: what the examples call their actions is hardly ever an action. */
const places: readonly (readonly [member: string, operation: OperationName])[] = [
  ['search_request', 'sync/search'],
  ['subscribe_request', 'subscribe'],
  ['subscription_codes', 'unsubscribe'],
  ['txnstatus_request', 'sync/txn/status'],
  ['disabled_criteria', 'sync/disabled'],
  ['enrolled_criteria', 'sync/enrolled'],
  ['enrolled_updates', 'sync/enrollment/updates'],
  ['receipt_information', 'sync/receipt'],
  ['search_response', 'on-search'],
  ['subscribe_response', 'on-subscribe'],
  ['notify_event', 'notify'],
  ['txnstatus_response', 'txn/on-status'],
];
const actions: { readonly [operation in OperationName]?: string } = {
  'sync/search': 'search',
  'sync/disabled': 'search',
  'sync/enrolled': 'search',
  'sync/enrollment/updates': 'notify',
  'sync/receipt': 'receipt',
  'sync/txn/status': 'txn-status',
  'txn/on-status': 'txn-on-status',
};

interface Sample {
  readonly name: string;
  readonly registry: RegistryName;
  readonly envelope: Readonly<Record<string, unknown>>;
}

const read = (): { samples: Sample[]; unreadable: string[] } => {
  const samples: Sample[] = [];
  const unreadable: string[] = [];
  for (const registry of registryNames) {
    for (const file of readdirSync(`${folder}${registry}`).sort()) {
      const name = `${registry}/${file}`;
      try {
        const envelope: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
        if (isObject(envelope) && ('message' in envelope || 'header' in envelope)) {
          samples.push({ name, registry, envelope });
        }
      } catch {
        unreadable.push(name);
      }
    }
  }
  return { samples, unreadable };
};

describe('the published example messages', () => {
  if (!existsSync(folder)) {
    it('are tried where ../shared/reference is at hand');
    return;
  }
  const { samples } = read();
  let server: DciServer;
  let token: string;

  before(async () => {
    server = await startDciServer({ config: { signatures: 'permissive' } });
    ({ token } = await server.addPeer('samples.example.org', { keys: [], source: true }));
  });
  after(() => server.stop());

  const operationFor = ({ envelope }: Sample): OperationName => {
    const { message } = envelope;
    const found = isObject(message) ? places.find(([member]) => member in message) : undefined;
    return found?.[1] ?? 'sync/search';
  };

  /** The example as it stands, or with what makes it a message of our peer: its ids of sender and message, and an action. */
  const asOurs = ({ envelope }: Sample, operation: OperationName): object => ({
    ...envelope,
    signature: 'unsigned-stub',
    header: {
      ...(isObject(envelope['header']) ? envelope['header'] : {}),
      sender_id: 'samples.example.org',
      sender_uri: '',
      message_id: randomUUID(),
      action: actions[operation] ?? operation,
    },
  });

  const needed = ['transaction_id', 'correlation_id', 'reference_id', 'timestamp'];
  const fillIn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fillIn);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (member !== '' || !needed.includes(name)) return [name, fillIn(member)];
        return [name, name === 'timestamp' ? '2026-01-01T00:00:00Z' : `sample-${randomUUID()}`];
      }),
    );
  };

  it('are there', () => assert.ok(samples.length > 40, String(samples.length)));

  it('are accepted or refused with a known code, as they stand, as messages of a peer, and with ids filled in', async () => {
    let accepted = 0;
    for (const sample of samples) {
      const operation = operationFor(sample);
      for (const body of [sample.envelope, asOurs(sample, operation), fillIn(asOurs(sample, operation))]) {
        const path = `/${sample.registry}/registry/${operation}`;
        const answer = await server.post(path, JSON.stringify(body), token);
        assert.ok(answer.status < 500, `${sample.name}: ${answer.status} ${answer.text}`);
        if (answer.json.header) assertOurs(operation, answer.json);
        else assert.ok(validators.emitAck(answer.json), `${sample.name}: ${answer.text}`);
        if (answer.status === 200) accepted += 1;
      }
    }
    // Most examples leave an id empty that a message must have, or are placeholders; the others are to be taken.
    assert.ok(accepted >= 30, `${accepted} were accepted`);
  });
});
