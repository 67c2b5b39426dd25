/** Bounds of a back-off in milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Exponential back-off with full jitter: anything between 0 and `firstMs · 2^failures`, at most `mostMs`. Full jitter spreads agents that lost the same
 * control plane at the same moment. `failures` counts from 0; `random` gives [0, 1).
 */
export function backoffMs(failures: number, bounds: BackoffBounds, random: () => number = Math.random): number {
  const ceiling = Math.min(bounds.mostMs, bounds.firstMs * 2 ** Math.min(failures, 30));
  return Math.round(ceiling * random());
}
