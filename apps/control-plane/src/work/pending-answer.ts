import { WakeUp } from "../wake-up.ts";
import type { Found } from "./questions.ts";

interface Part {
  readonly found: Found;
  readonly last: boolean;
}

const NEVER = new AbortController().signal;

/** The parts of an answer that have arrived and wait to be used. */
export class PendingAnswer {
  readonly #parts: Part[] = [];
  readonly #wakeUp = new WakeUp();
  #arrived = 0;
  #failure: { readonly reason: unknown } | undefined;
  #complete = false;

  /** Number of the part that must come next. */
  get expected(): number {
    return this.#arrived;
  }

  /** Whether the agent has nothing more to say. */
  get complete(): boolean {
    return this.#complete;
  }

  add(part: Part): void {
    this.#arrived++;
    this.#complete ||= part.last;
    this.#parts.push(part);
    this.#wakeUp.wake();
  }

  /** Ends the answer; what has arrived before is dropped, since a broken answer is worth nothing. */
  fail(reason: unknown, { complete = false } = {}): void {
    this.#failure ??= { reason };
    this.#complete ||= complete;
    this.#wakeUp.wake();
  }

  /** The next part, once it is there. Throws what the answer failed with, or `silence()` when nothing arrives for `ms` milliseconds. */
  async next(ms: number, silence: () => Error): Promise<Part> {
    const deadline = performance.now() + ms;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      const part = this.#parts.shift();
      if (part !== undefined) return part;
      const left = deadline - performance.now();
      if (left <= 0) throw silence();
      await this.#wakeUp.sleep(left, NEVER);
    }
  }
}
