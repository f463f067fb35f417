import assert from 'node:assert/strict';
import { createJwksFetcher, type HttpClient, type HttpResponse } from '../../src/net/index.ts';
import { maxAgeOf } from '../../src/net/jwks.ts';

const answering = (response: Partial<HttpResponse>): Pick<HttpClient, 'request'> => ({
  request: async () => ({ status: 200, headers: {}, body: Buffer.from('{"keys":[]}'), ...response }),
});
const fetched = (response: Partial<HttpResponse>) =>
  createJwksFetcher(answering(response))('https://peer.example.org/');

describe('fetched key sets', () => {
  for (const [header, wanted] of [
    [undefined, undefined],
    ['public', undefined],
    ['public, max-age=60', 60],
    ['MAX-AGE=0', 0],
    ['s-maxage=5', undefined],
    ['max-age=60, no-store', 0],
    ['no-cache', 0],
  ] as const) {
    it(`may be kept ${wanted ?? 'any number of'} seconds under Cache-Control: ${header}`, () => {
      assert.equal(maxAgeOf(header), wanted);
    });
  }

  it('are answered with their age limit', async () => {
    assert.deepEqual(await fetched({ headers: { 'cache-control': 'max-age=7' }, body: Buffer.from('{"keys":[{}]}') }), {
      keys: [{}],
      maxAgeSeconds: 7,
    });
  });

  for (const [title, response] of [
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example.org' } }],
    ['an error', { status: 500 }],
    ['no JSON', { body: Buffer.from('<html>') }],
    ['no keys', { body: Buffer.from('{"keys":{}}') }],
    ['a bare list', { body: Buffer.from('[]') }],
    ['too many keys', { body: Buffer.from(JSON.stringify({ keys: Array(101).fill({}) })) }],
  ] as const) {
    it(`are not taken from ${title}`, async () => {
      await assert.rejects(fetched(response), { code: 'net.upstream' });
    });
  }
});
