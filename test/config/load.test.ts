import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, showConfig } from '../../src/config/index.ts';
import { Fault } from '../../src/core/fault.ts';

describe('loadConfig', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosswalk-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const problems = (environment: Record<string, string>): string[] => {
    try {
      loadConfig(environment);
    } catch (error) {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'config.invalid');
      return (error.details.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
    }
    return [];
  };

  it('needs nothing: the defaults serve on loopback with SQLite in ./data', () => {
    const config = loadConfig({});
    assert.equal(config.publicUrl, 'http://127.0.0.1:8080');
    assert.match(config.databaseUrl, /^sqlite:\/.*\/data\/crosswalk\.db$/);
    assert.equal(config.dciSignatures, 'required');
    assert.ok(Object.isFrozen(config));
  });

  it('takes numbers and flags as the environment spells them', () => {
    const config = loadConfig({ HTTP_PORT: '0', DCI_ALLOW_PRIVATE_CALLBACKS: 'true', DCI_RATE_LIMIT: '0' });
    assert.deepEqual([config.httpPort, config.dciAllowPrivateCallbacks, config.dciRateLimit], [0, true, 0]);
  });

  it('lists every fault at once, each with the name the operator knows', () => {
    const found = problems({ HTTP_PORT: 'eighty', WORKERS: '0', DCI_SIGNATURES: 'maybe', DCI_SENDER_ID: 'x' });
    assert.deepEqual(found.map((line) => line.split(':')[0]).sort(), ['DCI_SIGNATURES', 'HTTP_PORT', 'WORKERS']);
    assert.match(found.join('\n'), /"eighty" is not usable: expected a port/);
  });

  it('refuses a sender id that would break a signature’s key id', () => {
    assert.match(problems({ DCI_SENDER_ID: 'a|b' }).join(), /DCI_SENDER_ID/);
  });

  it('refuses a weak token secret without repeating it', () => {
    const weak = 'a'.repeat(40);
    const found = problems({ API_TOKEN_SECRET: weak }).join();
    assert.match(found, /API_TOKEN_SECRET/);
    assert.ok(!found.includes(weak));
  });

  it('reads secrets from the file NAME_FILE names, and refuses both at once', () => {
    const path = file('passphrase', 'correct horse\n');
    assert.equal(loadConfig({ KEY_PASSPHRASE_FILE: path }).keyPassphrase, 'correct horse');
    assert.match(problems({ KEY_PASSPHRASE_FILE: path, KEY_PASSPHRASE: 'x' }).join(), /not both/);
    assert.match(problems({ KEY_PASSPHRASE_FILE: join(folder, 'absent') }).join(), /cannot read/);
  });

  it('reads YAML or JSON from CROSSWALK_CONFIG, below the environment', () => {
    const path = file('crosswalk.yaml', 'HTTP_PORT: 9000\ndciSenderId: sr.example.org\nWORKERS: 2\n');
    const config = loadConfig({ CROSSWALK_CONFIG: path, WORKERS: '3' });
    assert.deepEqual([config.httpPort, config.dciSenderId, config.workers], [9000, 'sr.example.org', 3]);
    assert.equal(loadConfig({ CROSSWALK_CONFIG: file('crosswalk.json', '{"HTTP_PORT":9001}') }).httpPort, 9001);
    assert.match(problems({ CROSSWALK_CONFIG: file('bad.yaml', 'HTTP_PROT: 1\n') }).join(), /HTTP_PROT/);
  });

  it('shows settings with secrets masked', () => {
    const shown = JSON.stringify(
      showConfig(loadConfig({ DATABASE_URL: 'postgres://me:hunter2@db/x', KEY_PASSPHRASE: 'open sesame' })),
    );
    assert.ok(!shown.includes('hunter2') && !shown.includes('open sesame'));
    assert.ok(shown.includes('postgres://me:***@db/x'));
  });
});
