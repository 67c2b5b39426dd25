const FOR_EVER_MS = 2 ** 31 - 1;

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
    if (!this.#called && !signal.aborted) await this.#wait(ms ?? FOR_EVER_MS, signal);
    this.#called = false;
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#end = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end, { once: true });
      this.#end = end;
    });
  }
}
