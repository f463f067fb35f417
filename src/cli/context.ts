import type { Command } from 'commander';
import type { Ground } from '../app.ts';
import type { Config } from '../config/index.ts';

/** What a command may use; made once per run. */
export interface CliContext {
  /** The configuration; a wrong setting ends the command with all faults listed. */
  readonly config: () => Config;
  /** Opens the database (migrated), keys and everything that stands on them; closed by the frame afterwards. */
  readonly ground: () => Promise<Ground>;
  /** Prints the answer: with `--json` the value as one line of JSON, else the text for a person. */
  readonly print: (value: unknown, text: () => string) => void;
  /** Whether a person looks at standard error: then long work shows its progress there. */
  readonly interactive: boolean;
  /** Sets the exit status of a command that printed its answer but did not succeed. */
  readonly fail: () => void;
}

/** Adds one command (or group of commands) to the program. */
export type CommandFile = (program: Command, context: CliContext) => void;
