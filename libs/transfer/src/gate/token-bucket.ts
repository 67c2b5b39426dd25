/**
 * A budget that refills steadily: within any time of t seconds, at most rate × t + burst tokens are taken. It knows neither clock nor waiters; moments are given in
 * milliseconds of one clock that does not go backwards.
 */
export class TokenBucket {
  readonly #burstSeconds: number;
  readonly #leastBurst: number;
  #rate: number | undefined;
  #tokens = 0;
  #countedAt = 0;

  /**
   * @param rate tokens per second; undefined does not limit
   * @param burstSeconds how many seconds' worth may be taken at once after a pause
   * @param now the bucket starts full
   */
  constructor(rate: number | undefined, burstSeconds: number, now: number, leastBurst = 1) {
    this.#burstSeconds = burstSeconds;
    this.#leastBurst = leastBurst;
    this.#rate = rate;
    this.#tokens = this.burst;
    this.#countedAt = now;
  }

  get limited(): boolean {
    return this.#rate !== undefined;
  }

  /** The most that can be taken at once. */
  get burst(): number {
    return this.#rate === undefined ? Number.POSITIVE_INFINITY : Math.max(this.#leastBurst, this.#rate * this.#burstSeconds);
  }

  /** From now on. What was saved up under the old rate is kept as far as the new burst allows; a bucket without limit becomes a full one. */
  setRate(rate: number | undefined, now: number): void {
    this.#refill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, this.burst);
  }

  /** Milliseconds until `cost` tokens, no more than {@link burst}, can be taken; 0 when they can be taken now. */
  delay(cost: number, now: number): number {
    this.#refill(now);
    if (this.#rate === undefined || this.#tokens >= cost) return 0;
    return ((cost - this.#tokens) / this.#rate) * 1000;
  }

  /** Takes tokens for which {@link delay} said 0. */
  take(cost: number): void {
    this.#tokens -= cost;
  }

  /** Gives back what was taken and not used. */
  refund(cost: number): void {
    this.#tokens = Math.min(this.#tokens + cost, this.burst);
  }

  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#countedAt);
    this.#countedAt = now;
    if (this.#rate === undefined) this.#tokens = Number.POSITIVE_INFINITY;
    else this.#tokens = Math.min(this.burst, this.#tokens + (elapsed * this.#rate) / 1000);
  }
}
