import assert from 'node:assert/strict';
import * as validators from '#validators';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { type Published, publishedAck, publishedAnswer, publishedRequest } from './reference.ts';

export const assertFits = (validate: Published, json: unknown, whose: string): void => {
  if (validate(json)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  assert.fail(
    `does not fit ${whose} schema: ${problems.slice(0, 5).join('; ')} in ${JSON.stringify(json).slice(0, 500)}`,
  );
};

/** Every answer of a synchronous search has the shape that we promise, and the one that is published. */
export const assertSearchShape = (
  answer: { readonly status: number; readonly json: unknown },
  registry: RegistryName = 'social',
): void => {
  if (answer.status === 200) {
    assertFits(validators.emitOnSearch as Published, answer.json, 'our');
    // The disability file types records as an object; all others, and we, as a list (dci.md §11, C3).
    const published = registry === 'dr' ? undefined : publishedAnswer(registry, '/registry/sync/search');
    if (published) assertFits(published, answer.json, 'the published');
    return;
  }
  assertFits(validators.emitAck as Published, answer.json, 'our');
};

/** What we answer and call back with: our schema by action, and where the published files have the callback. */
const outgoing = {
  'on-search': { ours: validators.emitOnSearch, path: '/registry/on-search', sync: '/registry/sync/search' },
  'on-subscribe': { ours: validators.emitOnSubscribe, path: '/registry/on-subscribe' },
  'on-unsubscribe': { ours: validators.emitOnUnsubscribe, path: '/registry/on-unsubscribe' },
  notify: { ours: validators.emitNotify, path: '/registry/notify' },
  'txn-on-status': {
    ours: validators.emitTxnOnStatus,
    path: '/registry/txn/on-status',
    sync: '/registry/sync/txn/status',
  },
  'on-receipt': { ours: validators.emitOnReceipt, path: '/registry/on-receipt' },
} as const;

const outgoingOf = (json: unknown): { ours: Published; path: string; sync?: string } => {
  const action = (json as { header?: { action?: string } }).header?.action;
  const found = Object.entries(outgoing).find(([name]) => name === action)?.[1];
  assert.ok(found, `${action} is no action of ours`);
  return found as { ours: Published; path: string; sync?: string };
};

/** Where the published file has no shape for what we have to say; each is told in docs/dci-deviations.md. */
const isDeviation = (registry: RegistryName, path: string, json: unknown): boolean => {
  if (registry === 'dr' && path.endsWith('search')) return true;
  const { txnstatus_response: status } = (json as { message: { txnstatus_response?: { txn_type: string } } }).message;
  if (!status) return false;
  const known =
    registry === 'social' || registry === 'ibr' ? ['search', 'receipt'] : ['search', 'subscribe', 'unsubscribe'];
  return !known.includes(status.txn_type);
};

/** An Ack, or a refusal in its form. */
export const assertAckShape = (json: unknown, registry: RegistryName = 'social'): void => {
  assertFits(validators.emitAck as Published, json, 'our');
  const published = publishedAck(registry);
  if (published) assertFits(published, json, 'the published');
};

/** A callback or notification as a peer received it has our shape, and the published one where there is one. */
export const assertCallbackShape = (json: unknown, registry: RegistryName): void => {
  const { ours, path } = outgoingOf(json);
  assertFits(ours, json, 'our');
  const published = isDeviation(registry, path, json) ? undefined : publishedRequest(registry, path);
  if (published) assertFits(published, json, 'the published');
};

/** The envelope that a synchronous call is answered with, likewise. */
export const assertReplyShape = (json: unknown, registry: RegistryName): void => {
  const { ours, sync } = outgoingOf(json);
  assertFits(ours, json, 'our');
  const published = sync && !isDeviation(registry, sync, json) ? publishedAnswer(registry, sync) : undefined;
  if (published) assertFits(published, json, 'the published');
};

const convenience: Readonly<Record<string, Published>> = {
  'sync/disabled': validators.emitDisabled as Published,
  'sync/enrolled': validators.emitEnrolled as Published,
  'sync/enrollment/updates': validators.emitEnrolled as Published,
};

/** An envelope that an operation is answered with has our shape. */
export const assertOurs = (operation: string, json: unknown): void => {
  assertFits(convenience[operation] ?? outgoingOf(json).ours, json, 'our');
};
