import { startCrosswalk } from '../support/crosswalk.ts';
import { median, type Row, toRow } from '../support/row.ts';
import { furnish, makePeer, pick } from './furnish.ts';
import { measureOne } from './load.ts';

const ITEMS = 1000;
const WARM_UP = 20;
const MESSAGES = 40;

/** Row: a message with a thousand look-ups, one after the other, all signed beforehand. */
export const benchItems = async (): Promise<Row> => {
  const { sender, keyFile, home } = await makePeer();
  const place = await furnish(keyFile);
  const server = await startCrosswalk(place);
  try {
    // All are made before the first is sent: the load generator has no core of its own.
    const messages = Array.from({ length: WARM_UP + MESSAGES }, () =>
      sender.message(Array.from({ length: ITEMS }, pick)),
    );
    for (const message of messages.slice(0, WARM_UP)) await measureOne(server.url, message, ITEMS);
    const seconds: number[] = [];
    const before = server.cpuSeconds();
    for (const message of messages.slice(WARM_UP)) seconds.push(await measureOne(server.url, message, ITEMS));
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
