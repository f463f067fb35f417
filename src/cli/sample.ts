import { Fault } from '../core/fault.ts';
import { sampleTo } from '../exchange/sample/sample.ts';
import type { CommandFile } from './context.ts';

const whole = (text: string, name: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Fault('record.invalid', `${name} must be a whole number`);
  return Number(text);
};

export const sample: CommandFile = (command) => {
  command
    .requiredOption('--individuals <n>', 'how many people')
    .requiredOption('--households <n>', 'how many households they live in')
    .option('--seed <n>', 'another seed, other people', '1')
    .action(async (options: { individuals: string; households: string; seed: string }) => {
      await sampleTo(
        {
          individuals: whole(options.individuals, '--individuals'),
          households: whole(options.households, '--households'),
          seed: whole(options.seed, '--seed'),
        },
        process.stdout,
      );
    });
};
