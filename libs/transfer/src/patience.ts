import { setTimeout as sleep } from "node:timers/promises";
import { asTransshipError, type ErrorCode, type Side, type TransshipError } from "@transship/errors";
import type { IBackoff } from "cockatiel";
import type { Retry } from "./copy-step.ts";

/** How often a step is tried before the task as a whole gives up for a while. Progress starts the count anew. */
const ATTEMPTS = 5;
/** A registry that asks for a longer pause than this gets it from the scheduler, which frees the slot meanwhile. */
const LONGEST_PAUSE_MS = 20_000;
/** Bytes that must come between two failures for the second to count as a first one: a few each time would never end. */
const PROGRESS_BYTES = 64 * 1024;

/** Wrong bytes are fetched, or sent, once more from scratch; if they are wrong again, a storage or something on the way is to blame. */
const WRONG_BYTES: readonly ErrorCode[] = ["DIGEST_MISMATCH", "SIZE_MISMATCH", "DIGEST_INVALID"];
const WRONG_BYTES_ATTEMPTS = 2;

/**
 * The patience of one step: counts failures, waits with back-off and jitter between tries, and gives up in time.
 * `Retry-After` is honoured; errors that the table says never to retry are thrown at once.
 */
export class Patience {
  #failures = 0;
  /** Failures that were wrong bytes; progress does not take them back. */
  #wrongBytes = 0;
  /** Bytes since the last failure. */
  #gained = 0;
  #backoff: IBackoff<unknown> | undefined;
  readonly #side: Side;
  readonly #signal: AbortSignal;
  readonly #onRetry: ((retry: Retry) => void) | undefined;

  constructor(side: Side, signal: AbortSignal, onRetry?: (retry: Retry) => void) {
    this.#side = side;
    this.#signal = signal;
    this.#onRetry = onRetry;
  }

  /** Failures since the last progress. */
  get failures(): number {
    return this.#failures;
  }

  /** Something went forward, by so many bytes or else by a step that is never taken back: with enough of it the next failure is a first one again. */
  progressed(bytes = PROGRESS_BYTES): void {
    if (this.#failures === 0) return;
    this.#gained += bytes;
    if (this.#gained < PROGRESS_BYTES) return;
    this.#failures = 0;
    this.#backoff = undefined;
  }

  /** Waits until the step may be tried again. Throws the failure, with its side, when it may not. */
  async pause(thrown: unknown): Promise<void> {
    this.#signal.throwIfAborted();
    const error = withSide(thrown, this.#side);
    this.#failures += 1;
    if (WRONG_BYTES.includes(error.code)) this.#wrongBytes += 1;
    this.#gained = 0;
    // Added, not the longer of the two: all who were told the same moment would come back at it together.
    const backoff = this.#backoff ?? (await newBackoff());
    const wait = backoff.duration + (error.retryAfterMs ?? 0);
    if (!mayWaitHere(error) || this.#givesUp(error) || wait > LONGEST_PAUSE_MS) throw withTries(error, this.#failures);
    this.#backoff = backoff.next(undefined);
    this.#onRetry?.({ error, waitMs: wait });
    await sleep(wait, undefined, { signal: this.#signal });
  }

  #givesUp(error: TransshipError): boolean {
    return this.#failures >= ATTEMPTS || (WRONG_BYTES.includes(error.code) && this.#wrongBytes >= WRONG_BYTES_ATTEMPTS);
  }
}

/** Runs one step until it succeeds or patience ends. */
export async function tryPatiently<T>(
  side: Side,
  signal: AbortSignal,
  step: () => Promise<T>,
  onRetry?: (retry: Retry) => void,
): Promise<T> {
  const patience = new Patience(side, signal, onRetry);
  for (;;) {
    try {
      return await step();
    } catch (error) {
      await patience.pause(error);
    }
  }
}

/** Causes that are neither registry's fault. */
const OWN_CAUSES: readonly ErrorCode[] = ["DISK_FULL", "DATA_DIR_UNUSABLE", "LEASE_LOST", "CANCELLED", "INTERRUPTED", "INTERNAL"];

/** A thrown value as an error of ours that names its side. */
export function withSide(thrown: unknown, side: Side): TransshipError {
  const error = asTransshipError(thrown);
  return error.side === undefined && !OWN_CAUSES.includes(error.code) ? error.with({ side }) : error;
}

/** Whether trying again within seconds makes sense; what needs minutes goes back to the scheduler. */
function mayWaitHere(error: TransshipError): boolean {
  return error.code === "TOOMANYREQUESTS" || (error.retry !== "never" && error.retry !== "retry-later");
}

function withTries(error: TransshipError, tries: number): TransshipError {
  return tries < 2 || error.tried !== undefined ? error : error.with({ tried: `tried ${tries} times` });
}

/** Loaded by the first failure, and made by it: nearly every step succeeds at once. */
async function newBackoff(): Promise<IBackoff<unknown>> {
  const { ExponentialBackoff } = await import("cockatiel");
  return new ExponentialBackoff({ initialDelay: 200, maxDelay: 8_000 }).next();
}
