import { CODES, type ErrorCode } from "@transship/errors";

const SECOND = 1000;
const FAST = { firstMs: 2 * SECOND, mostMs: 120 * SECOND };
/** For causes that do not go away by themselves in seconds. */
const SLOW = { firstMs: 15 * SECOND, mostMs: 600 * SECOND };

/**
 * Milliseconds until a failed task is tried again: exponential with full jitter (so that tasks that failed together do not return together), and never before
 * the moment that the registry named.
 * @param attempt number of the attempt that failed, from 1
 * @param random from 0 up to 1
 */
export function retryDelay(code: ErrorCode, attempt: number, retryAfterMs: number, random: number = Math.random()): number {
  const { firstMs, mostMs } = CODES[code].retry === "retry-later" ? SLOW : FAST;
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.max(0, attempt - 1));
  return Math.max(retryAfterMs, Math.round(ceiling * random));
}
