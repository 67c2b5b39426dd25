/** Ends single requests of a segment without ending the segment: the rest is asked for again at once, on another connection. */
export class Interruption {
  #request: AbortController | undefined;
  #fired = false;
  /** How often it was used. */
  count = 0;

  /** The signal for the next request. */
  arm(whole: AbortSignal): AbortSignal {
    this.#request = new AbortController();
    this.#fired = false;
    return AbortSignal.any([whole, this.#request.signal]);
  }

  /** Ends the request under way. */
  interrupt(): void {
    if (this.#request === undefined || this.#fired) return;
    this.#fired = true;
    this.count += 1;
    this.#request.abort(new Error("this connection is far slower than the others"));
  }

  /** Whether the request that just failed was ended here. */
  get fired(): boolean {
    return this.#fired;
  }
}
