import type { BlobSums } from "./blob-report.ts";
import type { ExecutionState } from "./execution-state.ts";
import type { ByteCounts, Failure } from "./task.ts";

/**
 * Why an execution started. `schedule`: it was due. `missed`: it makes up for scheduled runs that fell due while nobody was there to start them. `event`: the
 * source's registry told of a push or deletion. `cascade`: Transship brought something to the source. `poll`: the rule waits for events, and its last run of
 * everything was too long ago. `fill`: an edge of a replication that was never filled from its source. `repair`: the last run of an edge did not bring everything over.
 */
export const TRIGGERS = ["manual", "retry", "schedule", "missed", "event", "cascade", "poll", "fill", "repair"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Tasks of an execution by outcome; those not finished are the rest of `total`. */
export interface TaskCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
  /** Tasks that an agent has now. */
  readonly running: number;
  /** Tasks that failed for now and will be tried again. */
  readonly retrying: number;
}

/** One run of a rule, or of an edge of a replication. */
export interface Execution {
  readonly id: string;
  /** Name of the rule, or of the edge: `REPLICATION:REPLICA`. */
  readonly rule: string;
  readonly trigger: Trigger;
  readonly state: ExecutionState;
  /** The execution whose tasks this one runs again. */
  readonly retryOf: string | undefined;
  /** The saved plan whose items are its tasks. */
  readonly plan?: string | undefined;
  /** It looks only at a part of the source, which the store has as its scope. */
  readonly scoped: boolean;
  /** Copies that led to it one after the other: 0 where it was not started by an arrival. */
  readonly hops: number;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  /** Tags that are equal on both sides. */
  readonly unchanged: number;
  /** Repositories in which something matched. */
  readonly repositories: number;
  /** Tags that its tasks took away at targets. */
  readonly deleted: number;
  /** Tags that moved on both sides and that nothing settles: they were left. Absent = none. */
  readonly conflicts?: number | undefined;
  /** A person asked that the rule's source wins wherever both sides moved a tag. Absent = no. */
  readonly settle?: boolean | undefined;
  /** Why the execution failed before or apart from its tasks, e.g. a listing that broke. */
  readonly failure: Failure | undefined;
}

/** An execution with the sums of its tasks. */
export interface ExecutionSummary extends Execution {
  readonly tasks: TaskCounts;
  readonly bytes: ByteCounts;
  /** Bytes of all blobs of its tasks, as far as known, how many of them are at the target, and how many need not be fetched any more. */
  readonly totalBytes: number;
  readonly doneBytes: number;
  readonly fetchedBytes: number;
  /** The blobs of all attempts of its tasks that ended. */
  readonly blobs: BlobSums;
}

/** The final state of an execution whose tasks are all finished. `leftOut`: part of its work never became tasks, such as deletions beyond what the rule allows. */
export function outcomeOf(tasks: Pick<TaskCounts, "total" | "failed" | "cancelled">, leftOut = false): ExecutionState {
  const lost = tasks.failed + tasks.cancelled;
  if (lost === 0) return leftOut ? "partial" : "succeeded";
  return lost === tasks.total ? "failed" : "partial";
}
