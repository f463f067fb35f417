/** Prints the demo's steps in plain words, and remembers whether each one held. */
export interface Steps {
  /** Runs one step; a step that throws does not hold, and those that need it are not tried. */
  step<T>(title: string, work: (say: (line: string) => void) => Promise<T>): Promise<T>;
  readonly failed: () => boolean;
}

export class StepFailed extends Error {}

export const createSteps = (write: (text: string) => void): Steps => {
  let number = 0;
  let failed = false;
  return {
    async step(title, work) {
      number += 1;
      write(`\n${number}. ${title}\n`);
      const say = (line: string): void => write(`   ${line}\n`);
      try {
        return await work(say);
      } catch (error) {
        failed = true;
        say(`✗ This step did not hold: ${(error as Error).message}`);
        throw new StepFailed(title, { cause: error });
      }
    },
    failed: () => failed,
  };
};

/** What a step claims: a claim that does not hold ends it. */
export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};
