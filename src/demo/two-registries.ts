import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ground } from '../app.ts';
import { sleep } from '../core/async.ts';
import { listHeld } from '../dci/inbox/held.store.ts';
import { importFile } from '../exchange/import/import.ts';
import { openStage, type Stage } from './stage.ts';
import { expect, type Steps } from './steps.ts';

const CIVIL = 'civil.demo.example';
const SOCIAL = 'social.demo.example';
const PATIENCE_MS = 15_000;

const child = {
  '@type': 'CRVSPerson',
  identifier: [{ identifier_type: 'BRN', identifier_value: 'DEMO-2026-0001' }],
  name: { given_name: 'Nia', surname: 'Okafor' },
  sex: 'female',
  birth_date: '2026-06-01T00:00:00Z',
};

/** Waits until something holds, and answers how many milliseconds that took. */
const until = async (holds: () => Promise<boolean>, otherwise: string): Promise<number> => {
  const since = Date.now();
  while (!(await holds())) {
    expect(Date.now() - since < PATIENCE_MS, otherwise);
    await sleep(10);
  }
  return Date.now() - since;
};

const hasChild = async ({ registry }: Ground): Promise<boolean> =>
  (await registry.holders([{ type: 'birth_certificate', value: 'DEMO-2026-0001' }]))[0] !== undefined;

/** The messages that passed between this side and a peer, as this side wrote them down: direction and exact bytes. */
const writtenDown = async ({ ledger }: Ground, peer: string, flip: boolean): Promise<readonly string[]> => {
  const { entries } = await ledger.find({ peer, bodies: true, limit: 1000 });
  return entries
    .flatMap(({ entry, body }) =>
      body ? [`${(entry?.['direction'] === 'out') === flip} ${body.toString('utf8')}`] : [],
    )
    .sort();
};

interface Pair {
  readonly civil: Stage;
  readonly social: Stage;
}

const introduce = async ({ civil, social }: Pair): Promise<void> => {
  const keysAt = ({ server }: Stage): string => `${server.url}/.well-known/jwks.json`;
  const { token } = await civil.server.ground.peers.add(SOCIAL, { jwksUrl: keysAt(social) });
  await social.server.ground.peers.add(CIVIL, { jwksUrl: keysAt(civil), url: civil.server.url, token, source: true });
};

const talk = async (steps: Steps, pair: Pair): Promise<void> => {
  const [civil, social] = [pair.civil.server.ground, pair.social.server.ground];

  await steps.step('The social registry subscribes to births', async (say) => {
    await social.asking.client.subscribe(CIVIL, [{ registry: 'crvs', eventType: 'BIRTH' }]);
    await until(async () => (await social.db.read(listHeld)).length > 0, 'no code was called back');
    const [held] = await social.db.read(listHeld);
    say(`The civil registry gave it the code ${held?.code}.`);
    say('Look at: npx crosswalk dci subscribe --help');
  });

  await steps.step('A birth is registered: the social registry has the child within one second', async (say) => {
    const path = join(pair.civil.folder, 'births.ndjson');
    writeFileSync(path, `${JSON.stringify(child)}\n`);
    const deps = { ...civil, temporary: join(pair.civil.folder, 'import') };
    const { created } = await importFile(deps, { path, format: { dci: 'crvs' } });
    expect(created === 1, 'the birth did not go in');
    const took = await until(() => hasChild(social), 'the child did not arrive');
    say(`Nia Okafor, registered at the civil registry, was in the social registry after ${took} ms.`);
    expect(took <= 1000, 'that is more than a second');
  });

  await steps.step('Both ledgers hold the same messages, byte for byte', async (say) => {
    const agree = async (): Promise<boolean> => {
      const there = await writtenDown(civil, SOCIAL, true);
      const here = await writtenDown(social, CIVIL, false);
      return there.length > 0 && there.join('\n') === here.join('\n');
    };
    await until(agree, 'the ledgers differ');
    const [one, other] = [await civil.ledger.verify({}), await social.ledger.verify({})];
    expect(one.ok && other.ok, 'a ledger does not verify');
    say(`${(await writtenDown(civil, SOCIAL, true)).length} messages passed between them; both ledgers verify.`);
    say('Look at: npx crosswalk ledger --help');
  });
};

/** Two further Crosswalks, a civil and a social registry, over real sockets: a birth here is a child there. */
export const letTwoRegistriesTalk = async (steps: Steps): Promise<void> => {
  const opened: Stage[] = [];
  try {
    const pair = await steps.step('Start a civil and a social registry that know each other', async (say) => {
      const civil = await openStage({ senderId: CIVIL, registry: 'crvs', closedNetwork: true });
      opened.push(civil);
      const social = await openStage({ senderId: SOCIAL, registry: 'social', closedNetwork: true });
      opened.push(social);
      await introduce({ civil, social });
      say(`Civil registry: ${civil.server.url}`);
      say(`Social registry: ${social.server.url}`);
      return { civil, social };
    });
    await talk(steps, pair);
  } finally {
    for (const stage of opened) await stage.close();
  }
};
