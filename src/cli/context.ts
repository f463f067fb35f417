import type { Command } from 'commander';
import type { Ground } from '../app.ts';
import type { Config } from '../config/index.ts';

/** What a command may use; made once per run. */
export interface CliContext {
  /** The configuration; a wrong setting ends the command with all faults listed. */
  readonly config: () => Promise<Config>;
  /** Opens the database (migrated), keys and everything that stands on them; closed by the frame afterwards. */
  readonly ground: () => Promise<Ground>;
  /** Prints the answer: with `--json` the value as one line of JSON, else the text for a person. */
  readonly print: (value: unknown, text: () => string) => void;
  /** Whether a person looks at standard error: then long work shows its progress there. */
  readonly interactive: boolean;
  /** Sets the exit status of a command that printed its answer but did not succeed. */
  readonly fail: () => void;
}

/** Fills one command: its arguments and options, or the commands below it. */
export type CommandFile = (command: Command, context: CliContext) => void;
