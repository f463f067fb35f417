import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Served, startCrosswalk } from '../support/crosswalk.ts';
import { makePlace } from '../support/place.ts';
import { median, type Row, toRow } from '../support/row.ts';

const RUNS = 3;
const IDLE_MS = 5000;

/** What the process holds in memory, in megabytes (10^6 bytes). */
const residentOf = ({ pid }: Served): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
};

/** Rows: from start to ready, with keys to make and with keys made; memory when nothing happens. */
export const benchStart = async (): Promise<readonly Row[]> => {
  const first: number[] = [];
  const later: number[] = [];
  const idle: number[] = [];
  const cpu = { first: [] as number[], later: [] as number[] };
  for (let run = 0; run < RUNS; run += 1) {
    const place = await makePlace();
    try {
      const fresh = await startCrosswalk(place);
      first.push(fresh.readyMs / 1000);
      cpu.first.push(fresh.cpuSeconds());
      await fresh.stop();
      const again = await startCrosswalk(place);
      later.push(again.readyMs / 1000);
      cpu.later.push(again.cpuSeconds());
      await sleep(IDLE_MS);
      idle.push(residentOf(again));
      await again.stop();
    } finally {
      await place.remove();
    }
  }
  const row = (name: string, unit: string, values: readonly number[], most: number, more = {}): Row =>
    toRow({
      name,
      unit,
      ours: median(values),
      budget: { is: 'at most', value: most, of: 'ours' },
      about: { runs: RUNS, best: Math.min(...values), ...more },
    });
  return [
    row('first start to ready: schema and keys are made', 'seconds', first, 3, { cpuSeconds: median(cpu.first) }),
    row('later start to ready', 'seconds', later, 1, { cpuSeconds: median(cpu.later) }),
    row('idle memory', 'megabytes', idle, 150),
  ];
};
