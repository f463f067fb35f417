import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program of the bench in a process of its own and answers the JSON it printed. */
export const runProgram = async <T>(program: string, ...args: readonly string[]): Promise<T> => {
  const child = spawn(process.execPath, ['--import', 'tsx', `${root}${program}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ended with status ${code}`);
  return JSON.parse(printed) as T;
};
