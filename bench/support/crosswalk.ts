import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Place } from './place.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = `${root}dist/src/main.js`;

const environmentOf = ({ url, folder }: Place): NodeJS.ProcessEnv => ({
  ...process.env,
  DATABASE_URL: url,
  DATA_DIR: `${folder}/data`,
  HTTP_PORT: '0',
  DCI_RATE_LIMIT: '0',
  LOG_LEVEL: 'warn',
});

/** Builds what is measured: the program as it is served, not as it is developed. */
export const build = async (): Promise<void> => {
  const child = spawn(process.execPath, [`${root}scripts/build.js`], { cwd: root, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('the build failed');
};

/** Runs a command of the built program on a place; answers what it printed. */
export const runCommand = async (place: Place, ...args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, [main, ...args], { env: environmentOf(place), stdio: ['ignore', 'pipe', 2] });
  let printed = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with status ${code}`);
  return printed;
};

/** A server in a process of its own. */
export interface Served {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its ready line. */
  readonly readyMs: number;
  /** What the process and its threads have used so far: tells the work even where the machine is busy with other things. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const untilReady = async (child: ChildProcess): Promise<string> => {
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += chunk;
    if (printed.includes('\n')) return JSON.parse(printed).url as string;
  }
  throw new Error('the server ended before it was ready');
};

// What Linux counts in, whatever the machine.
const TICKS_A_SECOND = 100;

const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
};

const start = async (args: readonly string[], place: Place, own: NodeJS.ProcessEnv = {}): Promise<Served> => {
  const since = performance.now();
  const env = { ...environmentOf(place), ...own };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 2] });
  const url = await untilReady(child);
  const readyMs = performance.now() - since;
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    readyMs,
    cpuSeconds: () => cpuOf(pid),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
};

/** The built server, as an operator starts it; `own` settings beside those of the bench. */
export const startCrosswalk = (place: Place, own?: NodeJS.ProcessEnv): Promise<Served> =>
  start([main, 'serve'], place, own);

/** A server of the bench; prints the same ready line. */
export const startProgram = (place: Place, program: string, ...args: readonly string[]): Promise<Served> =>
  start(['--import', 'tsx', `${root}${program}`, ...args], place);
