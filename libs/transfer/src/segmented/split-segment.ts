import { type Runner, timeLeft } from "./runner.ts";
import { remaining, type Segment } from "./segment.ts";

/** A part that is cheaper to wait for than to fetch with a request of its own, in bytes. */
const SMALLEST_BYTES = 96 * 1024;
/** Help is worth what it costs (bytes under way that nobody wants) where a request would take so many round trips more, within these bounds in milliseconds. */
const WORTH = { roundTrips: 5, least: 400, most: 1_000 } as const;

/**
 * Gives half of what the slowest request has left to a new segment, so that a free connection helps at the end of a blob. Undefined where all will be done in a
 * moment anyway.
 */
export function splitSegment(runners: Iterable<Runner>, now: number, rttMs: number): Segment | undefined {
  const worthMs = Math.min(Math.max(rttMs * WORTH.roundTrips, WORTH.least), WORTH.most);
  let slowest: { readonly runner: Runner; readonly left: number } | undefined;
  for (const runner of runners) {
    const left = timeLeft(runner, now);
    if (remaining(runner.segment) >= 2 * SMALLEST_BYTES && now - runner.since >= worthMs / 2 && left > (slowest?.left ?? worthMs))
      slowest = { runner, left };
  }
  if (slowest === undefined) return undefined;
  const { segment } = slowest.runner;
  const middle = segment.position + Math.ceil(remaining(segment) / 2);
  const taken: Segment = { start: middle, position: middle, end: segment.end };
  segment.end = middle;
  return taken;
}
