import assert from 'node:assert/strict';
import * as validators from '#validators';
import type { RegistryName } from '../../src/dci/registries/all.ts';
import { type Published, publishedAnswer } from './reference.ts';

const assertFits = (validate: Published, json: unknown, whose: string): void => {
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
