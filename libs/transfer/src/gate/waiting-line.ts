/** Somebody who waits in a line. */
export interface Waiter<Wish, Gift> {
  readonly wish: Wish;
  /** When the waiting began, in milliseconds of the gate's clock. */
  readonly since: number;
  /** Ends the waiting well. */
  give(gift: Gift): void;
  /** Ends the waiting with an error. */
  refuse(reason: unknown): void;
}

/** First come, first served. Whoever is aborted leaves the line at once. How long it is is bounded by how many callers there are. */
export class WaitingLine<Wish, Gift> {
  readonly #waiters = new Set<Waiter<Wish, Gift>>();
  readonly #now: () => number;
  readonly #left: () => void;
  #waitedMs = 0;

  /** `left` is told when somebody left before being served. */
  constructor(now: () => number, left: () => void) {
    this.#now = now;
    this.#left = left;
  }

  get size(): number {
    return this.#waiters.size;
  }

  get first(): Waiter<Wish, Gift> | undefined {
    return this.#waiters.values().next().value;
  }

  /** How long everybody waited who waits no more, added up, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Rejects with the signal's reason when aborted. */
  wait(wish: Wish, signal: AbortSignal | undefined): Promise<Gift> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        this.#waitedMs += this.#now() - waiter.since;
        signal?.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason);
        this.#left();
      };
      const waiter: Waiter<Wish, Gift> = {
        wish,
        since: this.#now(),
        give: (gift) => {
          leave();
          resolve(gift);
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener("abort", abort);
      this.#waiters.add(waiter);
    });
  }

  /** Sends everybody away for whom `reason` gives one. */
  turnAway(reason: (wish: Wish) => unknown): void {
    for (const waiter of [...this.#waiters]) {
      const why = reason(waiter.wish);
      if (why !== undefined) waiter.refuse(why);
    }
  }
}
