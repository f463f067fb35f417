import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as validators from '#validators';
import type { RegistryName } from '../../../src/dci/registries/all.ts';
import { CIVIL, TOKEN } from '../client/support.ts';
import { type Envelope, signString, type TestPeer } from '../peer.ts';
import { type Published, publishedAck } from '../reference.ts';

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export interface Told {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely
  readonly json: any;
}

/** Tells a Crosswalk something, as the other registry does; every Ack is held against our schema and the published one. */
export const createTeller = (url: () => string, peer: () => TestPeer, registry: RegistryName = 'crvs') => {
  const envelope = (action: string, message: object, header: Record<string, unknown> = {}): Envelope => ({
    header: {
      version: '1.0.0',
      message_id: randomUUID(),
      message_ts: now(),
      action,
      status: 'succ',
      sender_id: CIVIL,
      receiver_id: 'social.example.org',
      total_count: 1,
      ...header,
    },
    message,
  });

  const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<Told> => {
    const answer = await fetch(`${url()}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      body: Buffer.from(body),
    });
    const json: unknown = await answer.json();
    assert.ok(validators.emitAck(json), JSON.stringify(json));
    const published: Published | undefined = publishedAck(registry);
    assert.ok(!published || published(json), `${JSON.stringify(published?.errors)} in ${JSON.stringify(json)}`);
    return { status: answer.status, json };
  };

  return {
    envelope,
    post,
    /** Signs now, and posts. */
    tell: (path: string, told: Envelope) => post(path, JSON.stringify(signString(peer(), told))),
  };
};

export const notification = (records: unknown, more: object = {}): object => ({
  transaction_id: randomUUID(),
  notify_event: [
    {
      reference_id: randomUUID(),
      timestamp: now(),
      data: {
        version: '1.0.0',
        reg_type: 'ns:org:RegistryType:Civil',
        reg_event_type: 'BIRTH',
        reg_record_type: 'spdci-extensions-dci:Person',
        reg_records: records,
        ...more,
      },
    },
  ],
});

export const child = (number: string, given = 'Awa') => ({
  '@type': 'CRVSPerson',
  identifier: [{ identifier_type: 'BRN', identifier_value: number }],
  name: { given_name: given, surname: 'Ba' },
  sex: 'female',
  birth_date: '2026-06-01T00:00:00Z',
});
