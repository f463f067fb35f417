// The floor of a signed search, in a process of its own: node floor.ts KEY.json. Bare node:http that does the
// unavoidable work only: parse, one Ed25519 verification, one prepared select, one Ed25519 signature.

import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Driver from 'better-sqlite3';
import pg from 'pg';

const key = createPublicKey({ key: JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')), format: 'jwk' });
const { privateKey } = generateKeyPairSync('ed25519');
const url = process.env['DATABASE_URL'] ?? '';
const question = (place: string) =>
  `select document from identifiers join registrants on seq = registrant where value = ${place} and type = 'national_id'`;

const openSelect = (): ((value: string) => string | Promise<string>) => {
  if (url.startsWith('sqlite:')) {
    const select = new Driver(url.slice('sqlite:'.length), { readonly: true }).prepare(question('?')).pluck();
    return (value) => select.get(value) as string;
  }
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  return async (value) => (await pool.query({ name: 'one', text: question('$1'), values: [value] })).rows[0].document;
};
const select = openSelect();

const answer = async (body: Buffer): Promise<string> => {
  const envelope = JSON.parse(body.toString());
  const given = Buffer.from(/, signature="([^"]*)"/.exec(envelope.signature)?.[1] ?? '', 'base64');
  verify(null, body, key, given);
  const document = await select(envelope.message.search_request[0].search_criteria.query.value);
  const message = { record: JSON.parse(document) };
  const signature = sign(null, Buffer.from(JSON.stringify(message)), privateKey).toString('base64');
  return JSON.stringify({ message, signature });
};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void answer(Buffer.concat(chunks)).then((text) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(text);
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
