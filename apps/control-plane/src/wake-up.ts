import { setTimeout as delay } from "node:timers/promises";

/** Lets one loop sleep until something happens. A call while the loop works is not lost: the next sleep ends at once. */
export class WakeUp {
  #called = false;
  #end: (() => void) | undefined;

  wake(): void {
    this.#called = true;
    this.#end?.();
  }

  /** Ends when woken, after `ms` milliseconds, or when `signal` aborts; never throws. */
  async sleep(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#called && !signal.aborted) {
      const over = new AbortController();
      this.#end = () => over.abort();
      const either = AbortSignal.any([over.signal, signal]);
      await delay(ms ?? 2 ** 31 - 1, undefined, { signal: either }).catch(() => undefined);
      this.#end = undefined;
    }
    this.#called = false;
  }
}
