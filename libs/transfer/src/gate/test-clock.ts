import type { Clock } from "./alarm.ts";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands until a test moves it. */
export class TestClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #time: number;

  constructor(startMs = Date.UTC(2026, 10, 21)) {
    this.#time = startMs;
  }

  /** Timers that are set: none may be left when nobody waits. */
  get timers(): number {
    return this.#sleepers.size;
  }

  readonly now = (): number => this.#time;

  readonly sleep = (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const sleeper = {
        at: this.#time + milliseconds,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });

  /** Lets time pass, waking each sleeper at its moment; what they do happens before the next one wakes. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#time = Math.max(this.#time, next.at);
      next.wake();
      await settle();
    }
    this.#time = end;
  }

  #next(end: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ at }) => at <= end);
    return due.sort((one, other) => one.at - other.at)[0];
  }
}

/** Lets everything that is ready to run do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
