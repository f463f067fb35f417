import { startCrosswalk, startProgram } from '../support/crosswalk.ts';
import { median, type Row, toRow } from '../support/row.ts';
import { furnish, makePeer, pick, RECORDS } from './furnish.ts';
import { measureRate, warmUp } from './load.ts';

const ROUNDS = 4;
const SECONDS = 3;
const WARM_UP = 5000;
// Messages for the first round; later ones get as many as the round before tells, and half as many again.
const PREPARED = 15_000;

/** Rows: the signed search of one item against its floor, and against itself without a ledger. */
export const benchSearch = async (): Promise<readonly Row[]> => {
  const { sender, keyFile, home } = await makePeer();
  const messages = (count: number): string[] => Array.from({ length: count }, () => sender.message([pick()]));

  const places = [await furnish(keyFile), await furnish(keyFile)] as const;
  const servers = {
    ours: await startCrosswalk(places[0]),
    unlogged: await startProgram(places[1], 'bench/dci/without-ledger.ts'),
    floor: await startProgram(places[0], 'bench/dci/floor.ts', keyFile),
  };
  try {
    const names = ['floor', 'ours', 'unlogged'] as const;
    const rates = { floor: [] as number[], ours: [] as number[], unlogged: [] as number[] };
    const cpu = { floor: [] as number[], ours: [] as number[], unlogged: [] as number[] };
    const p99s: number[] = [];
    let prepared = PREPARED;
    const first = messages(WARM_UP);
    for (const name of names) await warmUp(servers[name].url, first);
    for (let round = 0; round < ROUNDS; round += 1) {
      const bodies = messages(prepared);
      let most = 0;
      for (const name of names) {
        const before = servers[name].cpuSeconds();
        const { rate, p99 } = await measureRate(servers[name].url, bodies, SECONDS, name === 'floor');
        const used = servers[name].cpuSeconds() - before;
        if (name !== 'floor') most = Math.max(most, rate);
        rates[name].push(rate);
        cpu[name].push((used / (rate * SECONDS)) * 1e6);
        if (name === 'ours') p99s.push(p99);
      }
      prepared = Math.ceil(most * SECONDS * 1.5) + 500;
    }
    // Round by round, as neighbours in time: what else the machine does then falls on both alike.
    const ratio = (of: readonly number[], to: readonly number[]): number =>
      median(of.map((rate, i) => rate / (to[i] as number)));
    const micros = Object.fromEntries(names.map((name) => [name, Math.round(median(cpu[name]))]));
    const about = { connections: 16, rounds: ROUNDS, records: RECORDS, p99Ms: median(p99s), cpuMicrosEach: micros };
    return [
      toRow({
        name: 'signed search of one item, ledger and replay check in',
        unit: 'messages a second',
        ours: median(rates.ours),
        floor: median(rates.floor),
        ratio: ratio(rates.ours, rates.floor),
        budget: { is: 'at least', value: 0.5, of: 'ratio' },
        about,
      }),
      toRow({
        name: 'the same, against itself without a ledger',
        unit: 'messages a second',
        ours: median(rates.ours),
        floor: median(rates.unlogged),
        ratio: ratio(rates.ours, rates.unlogged),
        budget: { is: 'at least', value: 0.75, of: 'ratio' },
        about,
      }),
    ];
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    for (const place of [...places, home]) await place.remove();
  }
};
