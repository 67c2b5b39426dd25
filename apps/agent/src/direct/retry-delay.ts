import type { TransshipError } from "@transship/errors";
import { backoffMs } from "../backoff.ts";

const SOON = { firstMs: 2_000, mostMs: 120_000 };
const LATER = { leastMs: 15_000, firstMs: 15_000, mostMs: 600_000 };

/** Milliseconds until a failed attempt is followed by the next: back-off with full jitter, longer for errors that need time, and never before the registry allows it. */
export function retryDelayMs(
  error: Pick<TransshipError, "retry" | "retryAfterMs">,
  attempt: number,
  random: () => number = Math.random,
): number {
  const wait =
    error.retry === "retry-later" ? Math.max(LATER.leastMs, backoffMs(attempt, LATER, random)) : backoffMs(attempt - 1, SOON, random);
  return Math.max(wait, error.retryAfterMs ?? 0);
}
