/** Requests in flight before anything is known of the registry: blobs in segments start wide, and a registry that is asked too much says so. */
const START = 64;
/** The most where nobody set a limit: beyond it more connections win nothing on any path that was measured. */
const MOST = 64;
/** The fewest, where that many are allowed: one for a small request beside one for a body. */
const FEWEST = 2;

/**
 * How many requests a registry takes at a time, found by trying: one more for each success until the first setback and one more for each round of them
 * afterwards, half as many after a setback. The setbacks of requests that went out together count as one.
 */
export class Concurrency {
  #ceiling: number;
  #limit: number;
  #setbackSeen = false;
  #shrunkAt = 0;

  /** @param ceiling the most that is allowed, in requests; undefined where nobody set a limit */
  constructor(ceiling: number | undefined) {
    this.#ceiling = Math.floor(ceiling ?? MOST);
    this.#limit = Math.min(START, this.#ceiling);
  }

  /** Requests that may be in flight now, at least 1. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  setCeiling(ceiling: number | undefined): void {
    this.#ceiling = Math.floor(ceiling ?? MOST);
    this.#limit = Math.min(this.#limit, this.#ceiling);
  }

  /** A request went well. `wanted`: whether others waited for a place meanwhile; without that the number proves nothing. */
  grow(wanted: boolean): void {
    if (wanted) this.#limit = Math.min(this.#ceiling, this.#limit + (this.#setbackSeen ? 1 / this.#limit : 1));
  }

  /** The registry is overloaded. `pass`: number of the request that says so; `latest`: number of the newest that went out. */
  shrink(pass: number, latest: number): void {
    if (pass <= this.#shrunkAt) return;
    this.#shrunkAt = latest;
    this.#setbackSeen = true;
    this.#limit = Math.max(Math.min(FEWEST, this.#ceiling), this.#limit / 2);
  }

  /** The registry is back after having been down: what setbacks taught of it no longer holds, and the number may rise fast again. */
  restart(): void {
    this.#setbackSeen = false;
  }
}
