import type { TransshipError } from "@transship/errors";
import type { Sleep } from "./alarm.ts";
import type { GateLimits } from "./limits.ts";
import type { Lane } from "./places.ts";

/** What a gate is made of. */
export interface InstanceGateOptions {
  readonly limits?: GateLimits | undefined;
  /** Milliseconds since the epoch by a clock that does not jump. For tests. */
  readonly now?: (() => number) | undefined;
  /** For tests. */
  readonly sleep?: Sleep | undefined;
  /** As Math.random, for jitter. For tests. */
  readonly random?: (() => number) | undefined;
}

/** A gate as it stands, for metrics and descriptions. Moments are in milliseconds since the epoch. */
export interface GateState {
  readonly circuit: "closed" | "open" | "half-open";
  /** Since when the circuit is closed, or not. */
  readonly since: number;
  /** When the next request goes out as a probe; absent unless the circuit is open. */
  readonly probeAt?: number;
  /** Until when the registry wants no requests; absent when it takes them. */
  readonly closedUntil?: number;
  /** Requests under way, bodies that are still read included. */
  readonly inFlight: number;
  /** Requests that may be under way at present. */
  readonly concurrency: number;
  /** Calls that wait to go out, and bodies that wait for the byte rate. */
  readonly waiting: number;
  /** How long calls and bodies waited so far, added up, in milliseconds; those that still wait are not in it. */
  readonly throttledMs: number;
  /** The last time that the registry could not be reached, failed, or wanted fewer requests; absent = never. */
  readonly lastFailure?: { readonly error: TransshipError; readonly at: number };
}

/** Who asks to go through a gate. */
export interface Caller {
  readonly lane: Lane;
  /** What an error of the gate says that failed. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}
