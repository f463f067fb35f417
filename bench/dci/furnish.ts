import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../support/crosswalk.ts';
import { idOf, writePeople } from '../support/people.ts';
import { makePlace, type Place } from '../support/place.ts';
import { TOKEN } from './load.ts';
import { createSender, type Sender } from './messages.ts';

const SENDER = 'bench.example.org';

/** People in each furnished place. */
export const RECORDS = 10_000;

/** The national id of one of them. */
export const pick = (): string => idOf(Math.floor(Math.random() * RECORDS));

/** A peer that does not exist yet: what it signs with, and the file that holds its key, in a place of its own. */
export const makePeer = async (): Promise<{ sender: Sender; keyFile: string; home: Place }> => {
  const home = await makePlace();
  const keyFile = join(home.folder, 'peer.json');
  const sender = createSender(SENDER);
  writeFileSync(keyFile, JSON.stringify(sender.jwk));
  return { sender, keyFile, home };
};

/** A place with ten thousand people and one peer. */
export const furnish = async (keyFile: string): Promise<Place> => {
  const place = await makePlace();
  await runCommand(place, 'import', await writePeople(place.folder, RECORDS), '--json');
  await runCommand(place, 'peer', 'add', '--sender-id', SENDER, '--key', keyFile, '--token', TOKEN, '--json');
  return place;
};
