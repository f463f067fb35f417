import { runDemo } from '../demo/demo.ts';
import type { CommandFile } from './context.ts';
import { untilStopped } from './until-stopped.ts';

export const demo: CommandFile = (command, context) => {
  command
    .option('--exit', 'end after the last step instead of serving on; status 0 only if every step held')
    .option('--people <n>', 'how many made-up people come from a file', '400')
    .option('--submissions <n>', 'how many made-up households come from the field', '300')
    .action(async (options: { exit?: true; people: string; submissions: string }) => {
      const held = await runDemo({
        people: Math.max(10, Number.parseInt(options.people, 10) || 400),
        submissions: Math.max(50, Number.parseInt(options.submissions, 10) || 300),
        write: (text) => process.stdout.write(text),
        ...(options.exit ? {} : { until: untilStopped() }),
      });
      if (!held) context.fail();
    });
};
