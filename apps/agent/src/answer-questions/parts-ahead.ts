import { once } from "node:events";

/** How far an answer is ahead of whoever uses it. */
export class PartsAhead {
  readonly #limit: number;
  readonly #events = new EventTarget();
  #taken = 0;

  /** `limit`: parts that may be sent beyond those taken; undefined = any number. */
  constructor(limit: number | undefined) {
    this.#limit = limit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, limit);
  }

  /** Says that so many parts, from the first, are used. */
  taken(parts: number): void {
    this.#taken = Math.max(this.#taken, parts);
    this.#events.dispatchEvent(new Event("taken"));
  }

  /** Resolves when, of `sent` parts, few enough are not taken. Rejects when `signal` aborts. */
  async room(sent: number, signal: AbortSignal): Promise<void> {
    while (sent - this.#taken >= this.#limit) await once(this.#events, "taken", { signal });
  }
}
