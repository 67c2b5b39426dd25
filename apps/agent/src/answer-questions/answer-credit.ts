/** How many parts of an answer may be sent: what the asker has room for. */
export class AnswerCredit {
  #parts: number;
  #grew: (() => void) | undefined;

  /** `parts`: how many at first; 0 = the asker does not count. */
  constructor(parts: number) {
    this.#parts = parts > 0 ? parts : Number.POSITIVE_INFINITY;
  }

  /** From now on so many parts in all. An older, smaller number changes nothing. */
  grow(parts: number): void {
    this.#parts = Math.max(this.#parts, parts);
    this.#grew?.();
  }

  /** Waits until part number `part`, from 0, may be sent. Rejects with the signal's reason. */
  async covers(part: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (part >= this.#parts) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#grew = resolve;
      await promise.finally(() => signal.removeEventListener("abort", abort));
    }
  }
}
