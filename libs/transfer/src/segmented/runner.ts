import type { Interruption } from "./interruption.ts";
import { remaining, type Segment } from "./segment.ts";

/** A segment under way. */
export interface Runner {
  readonly segment: Segment;
  readonly interruption: Interruption;
  /** When its present request began, by `performance.now()`. */
  since: number;
  /** Where it stood then. */
  from: number;
}

/** Bytes a second of its present request. */
export function rateOf(runner: Runner, now: number): number {
  return ((runner.segment.position - runner.from) * 1000) / Math.max(now - runner.since, 1);
}

/** Milliseconds until it is done at its present rate. */
export function timeLeft(runner: Runner, now: number): number {
  return (remaining(runner.segment) * 1000) / Math.max(rateOf(runner, now), 1);
}
