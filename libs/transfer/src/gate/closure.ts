import { TransshipError } from "@transship/errors";

/** Waits beyond this many milliseconds are the scheduler's, which frees the slot meanwhile. */
const LONGEST_WAIT_MS = 20_000;
/** A registry that asks for a longer pause (nine days have been seen) is asked again after this many milliseconds. */
const LONGEST_CLOSURE_MS = 24 * 3_600_000;
/** Pauses after a 429 that names no time, in milliseconds: the first, doubled each time, up to the last. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;
/** Jitter on reopening: a tenth of the pause, within these bounds, in milliseconds. Many agents are told the same moment. */
const LEAST_JITTER_MS = 50;
const MOST_JITTER_MS = 5_000;

/** The time for which a registry wants to be left alone, by everybody (`Retry-After`, RFC 9110 §10.2.3). */
export class Closure {
  readonly #random: () => number;
  #until = Number.NEGATIVE_INFINITY;
  #pauses = 0;
  #pausedAt = 0;

  /** @param random as Math.random */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the gate opens; 0 when it is open. */
  remaining(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** The moment it opens, in milliseconds since the epoch; undefined when it is open. */
  until(now: number): number | undefined {
    return this.#until > now ? this.#until : undefined;
  }

  /**
   * The registry said 429, or 503 with a time. `pass`: number of the request that it said it to; `latest`: number of the newest that went out. Answers to
   * requests that went out together prolong nothing unless they name a time.
   */
  close(error: TransshipError, pass: number, latest: number, now: number): void {
    const named = Math.min(error.retryAfterMs ?? 0, LONGEST_CLOSURE_MS);
    if (named === 0 && (error.code !== "TOOMANYREQUESTS" || pass <= this.#pausedAt)) return;
    const pause = named > 0 ? named : Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses);
    this.#pauses += 1;
    this.#pausedAt = latest;
    const jitter = this.#random() * Math.min(MOST_JITTER_MS, Math.max(LEAST_JITTER_MS, pause / 10));
    this.#until = Math.max(this.#until, now + pause + jitter);
  }

  /** Somebody else was told to leave the registry alone for so many milliseconds. */
  hold(milliseconds: number, now: number): void {
    this.#until = Math.max(this.#until, now + Math.min(milliseconds, LONGEST_CLOSURE_MS));
  }

  /** A request went well; one that went out before the last pause proves nothing. */
  relax(pass: number): void {
    if (pass > this.#pausedAt) this.#pauses = 0;
  }

  /** Why a call should not wait here: `TOOMANYREQUESTS` with the time that remains, when that is long; else undefined. */
  refusal(what: string, now: number): TransshipError | undefined {
    const remaining = this.remaining(now);
    if (remaining <= LONGEST_WAIT_MS) return undefined;
    return new TransshipError("TOOMANYREQUESTS", {
      what,
      why: `the registry asked to be left alone until ${new Date(this.#until).toISOString()}`,
      retryAfterMs: Math.ceil(remaining),
    });
  }
}
