/** Waits so many milliseconds; rejects early when the signal is aborted, and leaves no timer then. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** The clock that a gate runs by. */
export interface Clock {
  /** Milliseconds since the epoch by a clock that does not jump. */
  readonly now: () => number;
  readonly sleep: Sleep;
}

/** One wake-up call at a time: the earliest that was asked for. Whoever is woken looks at the clock itself. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #pending: { readonly at: number; readonly off: AbortController } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings in so many milliseconds, rounded up to whole ones as timers are, or earlier where that was asked for before. */
  ringIn(milliseconds: number): void {
    const pause = Math.max(1, Math.ceil(milliseconds));
    const at = this.#clock.now() + pause;
    if (this.#pending !== undefined && this.#pending.at <= at) return;
    this.clear();
    const pending = { at, off: new AbortController() };
    this.#pending = pending;
    const rung = (): void => {
      if (this.#pending !== pending) return;
      this.#pending = undefined;
      this.#ring();
    };
    // The only way to fail is being switched off.
    this.#clock.sleep(pause, pending.off.signal).then(rung, () => undefined);
  }

  clear(): void {
    this.#pending?.off.abort();
    this.#pending = undefined;
  }
}
