import type { Applied } from './applied.ts';

/** As many mapped submissions are looked back at. */
const WINDOW = 100;
/** More parked ones among them than this, and it is the mapping that is wrong, not the data (odk.md §18.7). */
const MOST = 50;

/** The last outcomes, one character each, after a further batch. What is not about the data does not count. */
export const noteOutcomes = (before: string, applied: readonly Applied[]): string => {
  const marks = applied.flatMap(({ prepared, letter }) => {
    if (prepared.do === 'import') return [letter ? 'x' : '.'];
    return letter && letter.reason !== 'central-anomaly' && letter.reason !== 'encrypted' ? ['x'] : [];
  });
  return `${before}${marks.join('')}`.slice(-WINDOW);
};

export const isTripped = (outcomes: string): boolean =>
  outcomes.length >= WINDOW && [...outcomes].filter((mark) => mark === 'x').length > MOST;
