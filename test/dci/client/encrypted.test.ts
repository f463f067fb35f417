import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { FlattenedEncrypt, flattenedDecrypt, importJWK } from 'jose';
import { freshSqlite, type TestDatabase } from '../../support/stores.ts';
import { child } from '../inbox/teller.ts';
import { signString } from '../peer.ts';
import { found } from './fake-registry.ts';
import { type Asking, CIVIL, startAsking } from './support.ts';

describe('asking a registry that wants every message encrypted', () => {
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirKey = { ...theirs.publicKey.export({ format: 'jwk' }), use: 'enc', alg: 'RSA-OAEP-256', kid: 'e-1' };
  let database: TestDatabase;
  let asking: Asking;
  before(async () => {
    database = await freshSqlite();
    asking = await startAsking(database.url, { lenient: true });
    await asking.ground.peers.update(CIVIL, { keys: [asking.other.peer.jwk, theirKey] as never, encrypt: true });
  });
  after(async () => {
    await asking.close();
    await database.drop();
  });

  const open = async ({ header, ...parts }: { header: { alg: string; enc: string } }): Promise<unknown> => {
    const { alg, enc } = header;
    const { plaintext } = await flattenedDecrypt({ ...parts, header: { alg, enc } } as never, theirs.privateKey);
    return JSON.parse(Buffer.from(plaintext).toString());
  };

  it('sends the question encrypted to its key, and reads the answer encrypted to ours', async () => {
    const { keys } = (await (await fetch(`${asking.url}/.well-known/jwks.json`)).json()) as { keys: { use: string }[] };
    const ours = keys.find(({ use }) => use === 'enc') as never;
    let question: unknown;
    asking.other.answer(async (heard) => {
      question = await open(heard.envelope.message);
      const plain = { ...heard, envelope: { ...heard.envelope, message: question } };
      const { header, message } = asking.other.onSearch(plain, [found([child('B-1')])], { is_msg_encrypted: true });
      const { header: inner, ...parts } = await new FlattenedEncrypt(Buffer.from(JSON.stringify(message)))
        .setUnprotectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
        .encrypt(await importJWK(ours, 'RSA-OAEP-256'));
      return { body: signString(asking.other.peer, { header, message: { header: inner, ...parts } }) };
    });
    const query = { registry: 'crvs', queryType: 'idtype-value', query: { type: 'BRN', value: 'B-1' } } as const;
    const { items } = await asking.client.search(CIVIL, [query]);
    assert.equal(items[0]?.records.length, 1);
    const asked = question as { search_request: { search_criteria: { query: object } }[] };
    assert.deepEqual(asked.search_request[0]?.search_criteria.query, query.query);
    assert.equal(asking.other.heard[0]?.envelope.header.is_msg_encrypted, true);
    // Whom an encrypted message names is known on the ledger all the same.
    const { entries } = await asking.ground.ledger.find({ subject: 'B-1' });
    assert.deepEqual(
      entries.map(({ entry }) => entry?.['direction']),
      ['out', 'in'],
    );
  });
});
