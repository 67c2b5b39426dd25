import type { wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import type { InstanceGate } from "@transship/transfer";
import { isOfTheWay, type Look } from "./look.ts";

/** Answers that the round trip is the median of. */
const KEPT = 5;
/** Answers that are timed by the first look, and by those after it. */
const FIRST_TIMES = 3;
const LATER_TIMES = 1;
/** A place that is not reached is looked at again after so many milliseconds, doubled each time up to this part of the usual time. */
const SOON_MS = 5_000;
const SOON_SHARE = 0.2;
/** The share of chance in each time, to either side. */
const JITTER = 0.2;

/** What is known of a place. */
export interface PlaceState {
  readonly reached: boolean;
  /** Median, in milliseconds; undefined = not measured. */
  readonly roundTripMs: number | undefined;
  readonly error: TransshipError | undefined;
  /** Milliseconds since the epoch by the gates' clock. */
  readonly since: number;
}

/** A place that is looked at now and then, and when next. Moments are milliseconds since the epoch by the clock that gates run by. */
export class WatchedPlace {
  readonly place: wire.SurveyPlace;
  readonly #gate: Pick<InstanceGate, "state" | "answeredAt">;
  readonly #random: () => number;
  #times: readonly number[] = [];
  #state: PlaceState | undefined;
  #failures = 0;
  #dueAt = 0;

  /** `random`: as Math.random, for jitter. */
  constructor(place: wire.SurveyPlace, gate: Pick<InstanceGate, "state" | "answeredAt">, random: () => number) {
    this.place = place;
    this.#gate = gate;
    this.#random = random;
  }

  /** Undefined until it was looked at. */
  get state(): PlaceState | undefined {
    return this.#state;
  }

  /** Answers to time with the next look. */
  get timesWanted(): number {
    return this.#times.length === 0 ? FIRST_TIMES : LATER_TIMES;
  }

  /** Takes what a look found, and plans the next. True where anything changed. */
  found(look: Look, everyMs: number, now: number): boolean {
    if (look.reached) {
      this.#times = [...this.#times, ...look.times].slice(-KEPT);
      this.#failures = 0;
      this.#dueAt = now + this.#about(everyMs);
      return this.#become(true, undefined, now);
    }
    this.#failures += 1;
    this.#dueAt = now + this.#about(Math.min(everyMs * SOON_SHARE, SOON_MS * 2 ** Math.min(20, this.#failures - 1)));
    return this.#become(false, look.error, now);
  }

  /** Learns from the work that went through the gate meanwhile: an answer counts as a look, an open circuit as one that failed. True where anything changed. */
  heed(everyMs: number, now: number): boolean {
    const { circuit, lastFailure } = this.#gate.state;
    const { answeredAt = 0 } = this.#gate;
    if (this.#state?.reached === true && circuit !== "closed" && lastFailure !== undefined && isOfTheWay(lastFailure.error.code)) {
      return this.found({ reached: false, error: lastFailure.error }, everyMs, now);
    }
    // A copy got through where we did not: worth a look of our own at once.
    if (this.#state?.reached === false && answeredAt > this.#state.since) this.#dueAt = Math.min(this.#dueAt, now);
    else if (this.#state?.reached === true && this.#times.length > 0)
      this.#dueAt = Math.max(this.#dueAt, answeredAt + everyMs * (1 - JITTER));
    return false;
  }

  isDue(now: number): boolean {
    return this.#dueAt <= now;
  }

  #become(reached: boolean, error: TransshipError | undefined, now: number): boolean {
    const before = this.#state;
    const roundTripMs = reached ? median(this.#times) : undefined;
    const since = before?.reached === reached ? before.since : now;
    this.#state = { reached, roundTripMs, error, since };
    return (
      before === undefined || before.reached !== reached || before.roundTripMs !== roundTripMs || before.error?.message !== error?.message
    );
  }

  #about(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#random());
  }
}

function median(times: readonly number[]): number | undefined {
  return [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) / 2)];
}
