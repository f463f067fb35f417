import { askAsPeer } from './dci-steps.ts';
import { importPeople } from './import-steps.ts';
import { type DemoField, importFromField } from './odk-steps.ts';
import { createDemoPeer } from './peer.ts';
import { openStage } from './stage.ts';
import { createSteps, StepFailed } from './steps.ts';
import { letTwoRegistriesTalk } from './two-registries.ts';

export interface DemoOptions {
  readonly people: number;
  /** How many households enumerators have registered. */
  readonly submissions: number;
  /** Where the words go. */
  readonly write: (text: string) => void;
  /** Keeps serving until this is over; absent: ends by itself. */
  readonly until?: Promise<void>;
}

const SENDER_ID = 'registry.demo.example';

/** Runs the demo; answers whether every step held. */
export const runDemo = async ({ people, submissions, write, until }: DemoOptions): Promise<boolean> => {
  const steps = createSteps(write);
  write('Crosswalk demo: made-up people, everything on this machine, nothing left behind.\n');
  const stage = await steps.step('Start a Crosswalk', async (say) => {
    const opened = await openStage({ senderId: SENDER_ID });
    say(`Crosswalk: ${opened.server.url} (data in ${opened.folder})`);
    return opened;
  });
  let field: DemoField | undefined;
  try {
    const { ground, url } = stage.server;
    await importPeople(steps, ground, stage.folder, people);
    const { field: opened, household } = await importFromField(steps, ground, submissions);
    field = opened;
    await askAsPeer(steps, ground, url, createDemoPeer('peer.demo.example', SENDER_ID), household);
    await letTwoRegistriesTalk(steps);
    write('\nEvery step held.\n');
    if (until) {
      write(
        `Still serving. Look at ${url}/health/ready, ${url}/metrics and ${url}/.well-known/jwks.json; Ctrl-C ends it.\n`,
      );
      await until;
    }
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  } finally {
    await stage.close();
    await field?.close();
  }
  return !steps.failed();
};
