import type { ExecutionSummary } from "./execution.ts";

/**
 * How an edge does. `disabled`: its replication is. `waiting`: it was never filled, and nothing is under way. `filling`: its first full copy is under way. `in-step`:
 * everything that is known of at its source is at its replica. `behind`: something is under way or waits. `failing`: what was tried last did not all arrive, and it is
 * tried again.
 */
export const EDGE_STATES = ["disabled", "waiting", "filling", "in-step", "behind", "failing"] as const;
export type EdgeState = (typeof EDGE_STATES)[number];

/** What is known of an edge. */
export interface EdgeFacts {
  readonly enabled: boolean;
  /** Since when it is there; ISO 8601, UTC, like all moments here. */
  readonly since: string;
  /** When a run of everything first succeeded. */
  readonly filledAt: string | undefined;
  /** Since when its replica is known to lack something that was tried and failed; undefined = nothing. */
  readonly failingSince: string | undefined;
  /** Oldest first. */
  readonly unfinished: readonly ExecutionSummary[];
  /** Entries in the scopes of executions that have not begun. */
  readonly waitingEntries: number;
}

/** How an edge does now. */
export interface EdgeStatus {
  readonly state: EdgeState;
  /** How long the oldest change that is not at the replica has been waiting, in milliseconds; 0 = none that is known of. */
  readonly lagMs: number;
  /** Artifacts that are known to be on their way or to wait. */
  readonly backlog: number;
}

/** State, lag and backlog of an edge. Pure. */
export function edgeStatus(facts: EdgeFacts, now: Date): EdgeStatus {
  const { enabled, filledAt, failingSince, unfinished, waitingEntries } = facts;
  const open = unfinished.reduce(
    (sum, { tasks }) => sum + tasks.total - tasks.succeeded - tasks.skipped - tasks.failed - tasks.cancelled,
    0,
  );
  const backlog = open + waitingEntries;
  // A look at everything of a replica that was in step is no change yet: it is one when it finds something to do.
  const busy = unfinished.filter(({ scoped, tasks }) => scoped || tasks.total > 0);
  const since = [filledAt === undefined ? facts.since : undefined, failingSince, busy[0]?.createdAt]
    .filter((moment) => moment !== undefined)
    .sort()[0];
  const lagMs = since === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(since));
  return { state: stateOf(), lagMs, backlog };

  function stateOf(): EdgeState {
    if (!enabled) return "disabled";
    if (failingSince !== undefined) return "failing";
    if (filledAt === undefined) return unfinished.length === 0 ? "waiting" : "filling";
    return busy.length > 0 || waitingEntries > 0 ? "behind" : "in-step";
  }
}
