import { type Runner, timeLeft } from "./runner.ts";
import { remaining, type Segment } from "./segment.ts";

/** A part that is cheaper to wait for than to fetch with a request of its own, in bytes. */
const SMALLEST_BYTES = 256 * 1024;
/** Help is worth what it costs (bytes under way that nobody wants) from so many milliseconds on. */
const WORTH_MS = 1_000;

/**
 * Gives half of what the slowest request has left to a new segment, so that a free connection helps at the end of a blob. Undefined where all will be done in a
 * moment anyway.
 */
export function splitSegment(runners: Iterable<Runner>, now: number): Segment | undefined {
  let slowest: { readonly runner: Runner; readonly left: number } | undefined;
  for (const runner of runners) {
    const left = timeLeft(runner, now);
    if (remaining(runner.segment) >= 2 * SMALLEST_BYTES && now - runner.since >= WORTH_MS / 2 && left > (slowest?.left ?? WORTH_MS))
      slowest = { runner, left };
  }
  if (slowest === undefined) return undefined;
  const { segment } = slowest.runner;
  const middle = segment.position + Math.ceil(remaining(segment) / 2);
  const taken: Segment = { start: middle, position: middle, end: segment.end };
  segment.end = middle;
  return taken;
}
