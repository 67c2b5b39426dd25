const FIRST_MS = 5_000;
const MOST_MS = 3_600_000;

/**
 * Milliseconds until a webhook is tried again: doubling from 5 s up to an hour, of which half is drawn, so that those that failed together do not return together;
 * not before the receiver asked for it, within that hour.
 * @param failures attempts that failed in a row, from 1
 * @param random from 0 up to 1
 */
export function deliveryDelay(failures: number, retryAfterMs: number, random: number = Math.random()): number {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(30, failures - 1));
  return Math.max(Math.min(MOST_MS, retryAfterMs), Math.round(ceiling * (0.5 + random / 2)));
}
