import { runDemo } from '../demo/demo.ts';
import type { CommandFile } from './context.ts';
import { untilStopped } from './until-stopped.ts';

export const demo: CommandFile = (program, context) => {
  program
    .command('demo')
    .description('show the main job on made-up data: an import, and a signed DCI answer that an outsider verifies')
    .option('--exit', 'end after the last step instead of serving on; status 0 only if every step held')
    .option('--people <n>', 'how many made-up people', '400')
    .action(async (options: { exit?: true; people: string }) => {
      const held = await runDemo({
        people: Math.max(10, Number.parseInt(options.people, 10) || 400),
        write: (text) => process.stdout.write(text),
        ...(options.exit ? {} : { until: untilStopped() }),
      });
      if (!held) context.fail();
    });
};
