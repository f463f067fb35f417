import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The program as it is served: what was built, which also starts in a fraction of the time that compiling it takes.
const main = join(root, 'dist/src/main.js');

const newestOf = (folder: string): number =>
  Math.max(
    ...readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/** A test of yesterday's build says nothing. `npm test` builds; whoever runs mocha alone is told. */
const requireFreshBuild = (): void => {
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  if (built < Math.max(newestOf('src'), newestOf('migrations')))
    throw new Error('dist/ is older than src/: npm run build');
};
requireFreshBuild();

/** The environment of a Crosswalk under test: nothing of this process's own settings leaks in. */
const environment = (own: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  HTTP_PORT: '0',
  LOG_LEVEL: 'warn',
  ...own,
});

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const collect = (child: ChildProcess): { stdout: () => string; stderr: () => string; end: Promise<Finished> } => {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const end = new Promise<Finished>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { stdout: () => stdout, stderr: () => stderr, end };
};

/** Runs one command line to its end. */
export const runCrosswalk = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> =>
  collect(spawn(process.execPath, [main, ...args], { env: environment(env), cwd: root })).end;

/** Runs a command with `--json` and answers what it printed; throws when it failed. */
export const jsonOf = async <T>(args: readonly string[], env: Readonly<Record<string, string>>): Promise<T> => {
  const { status, stdout, stderr } = await runCrosswalk([...args, '--json'], env);
  if (status !== 0) throw new Error(`crosswalk ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

export interface ServedCrosswalk {
  readonly url: string;
  readonly pid: number;
  /** Sends a signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<Finished>;
}

/** Starts a server as a process of its own and waits for its ready line. */
export const serveCrosswalk = async (env: Readonly<Record<string, string>>): Promise<ServedCrosswalk> => {
  const child = spawn(process.execPath, [main, 'serve'], { env: environment(env), cwd: root });
  const output = collect(child);
  // A test that failed half-way must not leave a server behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void output.end.then(() => process.off('exit', kill));
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const line = /^\{"ready":true,"url":"([^"]+)"\}$/m.exec(output.stdout());
      if (line?.[1]) resolve(line[1]);
    };
    child.stdout?.on('data', look);
    void output.end.then(({ status, stderr }) => reject(new Error(`the server ended with ${status}: ${stderr}`)));
  });
  return {
    url,
    pid: child.pid as number,
    end: (signal) => {
      child.kill(signal);
      return output.end;
    },
  };
};

/** A data folder that is gone after the suite. */
export const temporaryFolder = (): { readonly path: string; readonly drop: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'crosswalk-e2e-'));
  return { path, drop: () => rmSync(path, { recursive: true, force: true }) };
};
