import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { createSender } from './messages.ts';

const RECORDS = 10_000;
const SECONDS = 8;
const PREPARED = 60_000;

const serveFile = fileURLToPath(new URL('serve.ts', import.meta.url));

const start = async (role: 'ours' | 'floor', jwkFile: string): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, ['--import', 'tsx', serveFile, role, jwkFile, String(RECORDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => child.stdout?.once('data', (data) => resolve(String(data))));
  return { child, url: `http://127.0.0.1:${JSON.parse(line).port}/registry/sync/search` };
};

const load = async (
  url: string,
  bodies: readonly string[],
  seconds: number,
): Promise<{ rate: number; p99: number; bad: number }> => {
  let next = 0;
  const result = await autocannon({
    url,
    connections: 16,
    duration: seconds,
    method: 'POST',
    headers: { authorization: 'Bearer bench-token', 'content-type': 'application/json' },
    setupClient: (client) => {
      const give = (): void => {
        client.setBody(bodies[next % bodies.length] as string);
        next += 1;
      };
      give();
      client.on('response', give);
    },
  });
  return { rate: result.requests.average, p99: result.latency.p99, bad: result.non2xx + result.errors };
};

const sender = createSender('bench.example.org');
const jwkFile = join(mkdtempSync(join(tmpdir(), 'crosswalk-bench-')), 'key.json');
writeFileSync(jwkFile, JSON.stringify(sender.jwk));
const pick = (): string => `ID-${Math.floor(Math.random() * RECORDS)}`;
const bodies = Array.from({ length: PREPARED }, () => sender.message([pick()]));

const [ours, floor] = [await start('ours', jwkFile), await start('floor', jwkFile)];
try {
  const half = Math.floor(PREPARED / 2);
  await load(floor.url, bodies, 2);
  const bare = await load(floor.url, bodies, SECONDS);
  await load(ours.url, bodies.slice(0, half / 3), 2);
  const whole = await load(ours.url, bodies.slice(half / 3), SECONDS);
  const many = Array.from({ length: 30 }, () => sender.message(Array.from({ length: 1000 }, pick)));
  let best = 0;
  for (const body of many) {
    const started = performance.now();
    const response = await fetch(ours.url, { method: 'POST', headers: { authorization: 'Bearer bench-token' }, body });
    const text = await response.text();
    if (response.status !== 200 || !text.includes('"total_count":1000')) throw new Error(text.slice(0, 300));
    best = Math.max(best, 1000 / ((performance.now() - started) / 1000));
  }
  console.log(
    JSON.stringify({ floor: bare, ours: whole, ratio: whole.rate / bare.rate, lookupsPerSecond: Math.round(best) }),
  );
} finally {
  ours.child.kill();
  floor.child.kill();
}
