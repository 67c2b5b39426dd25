import type { Limits } from "./limits.ts";

/** How many can share limits: nobody can work with less than one connection, or less than one byte per second. */
export function mostSharers(limits: Limits): number {
  return Math.min(limits.connections ?? Number.POSITIVE_INFINITY, limits.bytesPerSecond ?? Number.POSITIVE_INFINITY);
}

/**
 * Divides limits into equal shares, whose sums are the limits. Whole numbers go by the largest remainder, which among equals is the first. Where there are more
 * sharers than {@link mostSharers}, only the first so many get one. Pure.
 */
export function divideLimits(limits: Limits, sharers: number): Limits[] {
  const count = Math.min(sharers, mostSharers(limits));
  const { bytesPerSecond, requestsPerSecond, connections } = limits;
  return Array.from({ length: count }, (_, index) => ({
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: wholeShare(bytesPerSecond, count, index) }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond: requestsPerSecond / count }),
    ...(connections === undefined ? {} : { connections: wholeShare(connections, count, index) }),
  }));
}

function wholeShare(whole: number, count: number, index: number): number {
  return Math.floor(whole / count) + (index < whole % count ? 1 : 0);
}
