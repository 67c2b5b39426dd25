interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** How fast bytes have been moving in the last seconds. Times in milliseconds of any clock that only goes forward. */
export class Rate {
  readonly #windowMs: number;
  #samples: Sample[] = [];

  constructor(windowMs = 10_000) {
    this.#windowMs = windowMs;
  }

  /** Notes how many bytes have moved altogether. A smaller number than before starts anew. */
  add(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ at, bytes });
    // One sample from before the window stays, so that the rate always spans all of it.
    while ((this.#samples[1]?.at ?? at) <= at - this.#windowMs) this.#samples.shift();
  }

  /** Bytes per second; 0 until it can be told. */
  perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
