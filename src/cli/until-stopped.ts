/**
 * Answers at the first SIGTERM or Ctrl-C, so that the command can end in order; a second one ends the process at once.
 * Ask before anything slow begins: a signal during the start then counts too.
 */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
