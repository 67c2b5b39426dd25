import { setImmediate } from "node:timers/promises";

/** How long transactions may follow each other before sockets and timers have their turn, in milliseconds. */
const LONGEST_MS = 5;

/**
 * Transactions one after the other, with pauses for everything else. SQLite works in the very thread that asks, and awaiting it never reaches the event loop: a loop of
 * transactions would leave every socket unread until it ended.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #since = performance.now();

  /** Does `work` when those that came before are done. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#breathe()).then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #breathe(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
