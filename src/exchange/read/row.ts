/** One line of a file: what it says, or why it cannot be read. `line` counts from 1, as editors do. */
export type Row =
  | { readonly line: number; readonly json: unknown /** Its size in the file. */; readonly bytes: number }
  | { readonly line: number; readonly reason: string };
