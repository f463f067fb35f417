import { startCrosswalk } from '../support/crosswalk.ts';
import { median, type Row, toRow } from '../support/row.ts';
import { furnish, makePeer, pick } from './furnish.ts';
import { measureOne } from './load.ts';

const ITEMS = 1000;
const WARM_UP = 20;
const MESSAGES = 40;

/** Row: a message with a thousand look-ups, one after the other, each signed before its clock starts. */
export const benchItems = async (): Promise<Row> => {
  const { sender, keyFile, home } = await makePeer();
  const place = await furnish(keyFile);
  const server = await startCrosswalk(place);
  try {
    const send = (): Promise<number> =>
      measureOne(server.url, sender.message(Array.from({ length: ITEMS }, pick)), ITEMS);
    for (let i = 0; i < WARM_UP; i += 1) await send();
    const seconds: number[] = [];
    const before = server.cpuSeconds();
    for (let i = 0; i < MESSAGES; i += 1) seconds.push(await send());
    const cpuMs = ((server.cpuSeconds() - before) / MESSAGES) * 1000;
    return toRow({
      name: 'one message with 1,000 idtype-value items',
      unit: 'look-ups a second',
      ours: ITEMS / median(seconds),
      budget: { is: 'at least', value: 20_000, of: 'ours' },
      about: { messages: MESSAGES, best: Math.round(ITEMS / Math.min(...seconds)), cpuMsEach: Math.round(cpuMs) },
    });
  } finally {
    await server.stop();
    for (const one of [place, home]) await one.remove();
  }
};
