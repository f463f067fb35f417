import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOf, runCrosswalk, serveCrosswalk, temporaryFolder } from '../support/crosswalk.ts';
import { backends } from '../support/stores.ts';

describe('the command line', () => {
  const folder = temporaryFolder();
  const env = { DATA_DIR: folder.path };
  after(folder.drop);

  it('explains itself, and every command too', async () => {
    const { status, stdout } = await runCrosswalk(['--help'], env);
    assert.equal(status, 0);
    for (const command of ['serve', 'migrate', 'config', 'peer', 'client', 'keys'])
      assert.match(stdout, new RegExp(`\\b${command}\\b`));
    assert.match((await runCrosswalk(['peer', 'add', '--help'], env)).stdout, /--jwks-url/);
  });

  it('ends with 2 for wrong usage and 1 with one line for a refusal', async () => {
    assert.equal((await runCrosswalk(['fly'], env)).status, 2);
    assert.equal((await runCrosswalk(['peer', 'add'], env)).status, 2);
    const refused = await runCrosswalk(['peer', 'revoke', 'nobody.example.org', '--json'], env);
    assert.equal(refused.status, 1);
    assert.equal(refused.stdout, '');
    assert.match(refused.stderr, /^crosswalk: there is no peer nobody\.example\.org\n$/);
  });

  it('stops at wrong settings and lists them all', async () => {
    const wrong = { ...env, WORKERS: 'many', DCI_REGISTRY: 'land' };
    for (const command of [['config', 'check'], ['serve']]) {
      const { status, stderr } = await runCrosswalk(command, wrong);
      assert.equal(status, 1);
      assert.match(stderr, /WORKERS/);
      assert.match(stderr, /DCI_REGISTRY/);
    }
  });

  it('prints JSON and nothing else with --json', async () => {
    const made = await jsonOf<Record<string, unknown>>(['peer', 'add', '--sender-id', 'p.example.org'], env);
    assert.deepEqual([made['sender_id'], typeof made['token']], ['p.example.org', 'string']);
    assert.equal((await jsonOf<unknown[]>(['peer', 'list'], env)).length, 1);
    assert.deepEqual(await jsonOf(['migrate'], env), { migrations: [] });
    assert.deepEqual(await jsonOf(['config', 'check'], env), { ok: true });
  });

  it('keeps its data for the owner only', () => {
    assert.equal(statSync(folder.path).mode & 0o077, 0);
    assert.equal(statSync(join(folder.path, 'keys')).mode & 0o777, 0o700);
  });
});

for (const backend of backends) {
  describe(`serve (${backend.name})`, () => {
    if (backend.skip) {
      it('runs when TEST_DATABASE_URL is set');
      return;
    }
    const folder = temporaryFolder();
    after(folder.drop);

    it('says ready once it answers, and ends with 0 on SIGTERM', async () => {
      const test = await backend.fresh();
      const server = await serveCrosswalk({ DATA_DIR: folder.path, DATABASE_URL: test.url });
      assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
      assert.equal((await fetch(`${server.url}/.well-known/jwks.json`)).status, 200);
      const { status } = await server.end('SIGTERM');
      assert.equal(status, 0);
      await assert.rejects(fetch(`${server.url}/health/live`));
      await test.drop();
    });

    it('serves with several processes on one port, and gathers their metrics', async () => {
      const test = await backend.fresh();
      const server = await serveCrosswalk({ DATA_DIR: folder.path, DATABASE_URL: test.url, WORKERS: '2' });
      for (let i = 0; i < 6; i += 1) {
        const answered = await fetch(`${server.url}/health/live`, { headers: { connection: 'close' } });
        assert.equal(answered.status, 200);
      }
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const counted = [...metrics.matchAll(/^crosswalk_http_request_seconds_count\{.*\} (\d+)$/gm)];
      assert.ok(counted.reduce((sum, match) => sum + Number(match[1]), 0) >= 6);
      assert.equal((await server.end('SIGTERM')).status, 0);
      await test.drop();
    });

    it('knows a peer that a command added while it runs', async () => {
      const test = await backend.fresh();
      const env = { DATA_DIR: folder.path, DATABASE_URL: test.url, DCI_SIGNATURES: 'permissive' };
      const server = await serveCrosswalk(env);
      const { token } = await jsonOf<{ token: string }>(['peer', 'add', '--sender-id', 'late.example.org'], env);
      const post = async (): Promise<number> => {
        const response = await fetch(`${server.url}/registry/sync/search`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body: '{}',
        });
        return response.status;
      };
      let status = await post();
      for (const since = Date.now(); status === 401 && Date.now() - since < 2000; ) status = await post();
      assert.equal(status, 400);
      await server.end('SIGTERM');
      await test.drop();
    });
  });
}
