import type {
  ArtifactPlace,
  BlobReport,
  BlobSums,
  Failure,
  Overwrite,
  Task,
  TaskLeg,
  TaskPath,
  TaskProgress,
  TaskState,
  TaskTerms,
} from "@transship/model";
import type { Page } from "./store.ts";

/**
 * A task to be. Its id is derived from execution, source and target, so that adding it twice is no error. Terms that are left out are those of a plain copy: of
 * all platforms, of what the target's tag does not name yet.
 */
export interface NewTask extends Partial<TaskTerms> {
  readonly id: string;
  readonly executionId: string;
  readonly source: ArtifactPlace;
  readonly target: ArtifactPlace;
  readonly digest: string;
  readonly overwrite: Overwrite;
  /** Where it may lie between two hops; absent = it goes in one. */
  readonly via?: ArtifactPlace | undefined;
}

/** A pair of instances between which tasks of one execution wait. */
export interface WaitingPair {
  readonly executionId: string;
  readonly source: string;
  readonly target: string;
}

/** Work that could begin now. */
export interface WaitingWork extends WaitingPair {
  /** The rule that the execution is of. */
  readonly rule: string;
  /** Tasks of the execution that agents have now, of all its pairs. */
  readonly running: number;
  /** The instance by way of which tasks of the pair may go; absent = none. */
  readonly via?: string | undefined;
}

/** A task that an agent has, and what it works on: of a hop, the two ends of that hop; of a deletion at the target alone, the target twice. */
export interface HeldTask extends WaitingPair {
  readonly taskId: string;
  readonly agent: string;
  readonly rule: string;
}

/** A pair of which an agent may have tasks, why it, and by which way it goes. */
export interface ClaimedPair extends WaitingPair {
  readonly placement: string;
  readonly path?: TaskPath | undefined;
  /** Absent = `whole`. Of `first` and `second`, tasks that are not, or are, at the relay `via`; of `target`, deletions. */
  readonly leg?: TaskLeg | undefined;
  readonly via?: string | undefined;
}

/** A task and the rule, or edge, that its execution is of. */
export interface PlacedTask {
  readonly task: Task;
  readonly rule: string;
}

/** An agent's claim on a task: only the newest epoch counts. */
export interface LeaseKey {
  readonly taskId: string;
  readonly epoch: number;
}

/** How an attempt ended, by the agent's report. */
export type AttemptOutcome = AttemptCost &
  (
    | {
        readonly state: "succeeded";
        /** Absent where the target's tag had the digest before: then the rule brought nothing. `platforms`: the only ones that were brought; absent = all. */
        readonly arrival?: { readonly platforms?: readonly string[] | undefined } | undefined;
        /** What was done otherwise than asked for. */
        readonly note?: string | undefined;
      }
    | { readonly state: "cancelled" }
    | { readonly state: "skipped"; readonly reason: string }
    | { readonly state: "failed"; readonly failure: Failure }
    | { readonly state: "retrying"; readonly failure: Failure; readonly nextAttemptAt: Date }
    /** The agent gives the task back unfinished, e.g. because it drains; no attempt is counted. */
    | { readonly state: "queued" }
  );

/** What an attempt cost up to its end. */
export interface AttemptCost {
  /** Numbers of this attempt and those before it. */
  readonly progress: TaskProgress;
  /** What the blobs cost in this attempt; they take the place of those of the attempt before. Absent = it came to no blob: those of the attempt before stay. */
  readonly blobs?: readonly BlobReport[] | undefined;
  /** All blobs of this attempt; they are added to those of the attempts before. Absent = none. */
  readonly blobSums?: BlobSums | undefined;
}

/** `stale`: another epoch holds the task, or it is final for another reason. `duplicate`: this very report was applied before. */
export type ReportResult = "applied" | "duplicate" | "stale";

/** Tasks, their leases and what agents report of them. Blob reports are long: only `get` has them, all other tasks have none. */
export interface TaskStore {
  /** Adds those that are not there yet. */
  add(tasks: readonly NewTask[], now: Date): Promise<void>;
  /** Pairs of each execution with tasks that could start now (`queued`, or `retrying` and due). */
  waitingWork(now: Date): Promise<WaitingWork[]>;
  /** The earliest moment after `now` at which a `retrying` task falls due. */
  nextDue(now: Date): Promise<Date | undefined>;
  /**
   * Leases up to `limit` waiting tasks of the given pairs and executions to an agent, oldest first: state `leased`, epoch + 1, attempts + 1. A task that another agent had before
   * (and may hold a checkpoint of) is left to that agent for `preferMs` after it came back to the queue, provided that agent is among `online`.
   */
  lease(
    claim: {
      readonly agent: string;
      /** Where the process is that gets them: see `heldBy`. */
      readonly home?: string | undefined;
      readonly pairs: readonly ClaimedPair[];
      readonly limit: number;
      readonly leaseMs: number;
      readonly preferMs: number;
      readonly online: readonly string[];
    },
    now: Date,
  ): Promise<Task[]>;
  /** Extends the leases that still hold; returns those that do not (stale epoch, final, or another agent's). */
  renew(agent: string, leases: readonly LeaseKey[], leaseMs: number, now: Date): Promise<LeaseKey[]>;
  /** At start: leases could not be renewed while the control plane was away, so each gets the full duration from now. */
  extendAll(leaseMs: number, now: Date): Promise<void>;
  /** Sends tasks whose lease ended back to `queued` and returns them as they were. */
  expire(now: Date): Promise<Task[]>;
  /** Records progress and the state among `leased`, `copying`, `verifying`; false when the epoch is stale. */
  progress(lease: LeaseKey, state: TaskState, progress: TaskProgress): Promise<boolean>;
  /**
   * Records how an attempt ended; with it what a copy brought, or that a deletion was done. A first hop that succeeded sends the task back to `queued`, to wait for its second,
   * with attempts counted anew; a second hop that finds the relay without the artifact sends it back for its first.
   */
  finish(lease: LeaseKey, outcome: AttemptOutcome, now: Date): Promise<ReportResult>;
  /** Cancels all unfinished tasks of an execution; returns those that agents hold. */
  cancelAll(executionId: string, now: Date): Promise<Task[]>;
  /** Whether any task of the execution is unfinished. */
  anyUnfinished(executionId: string): Promise<boolean>;
  /** All tasks that agents hold a lease on, connected or not. */
  held(): Promise<HeldTask[]>;
  /**
   * Tags of the target's repository that deletions of the same execution, from the same source repository, take away with the same digest, this one's among them;
   * those left alone are not.
   */
  deletedTogether(task: Task): Promise<string[]>;
  /**
   * Tasks that an agent holds a lease on. With `home` (a data directory, on a machine since its boot): without those that a process at another home was given, which may
   * still live and write.
   */
  heldBy(agent: string, home?: string): Promise<Task[]>;
  /** With its blob reports. Throws `NOT_FOUND`. */
  get(id: string): Promise<Task>;
  /** In the order of creation. */
  list(
    filter: { readonly executionId?: string | undefined; readonly states?: readonly TaskState[] | undefined },
    page: Page,
  ): Promise<Task[]>;
  /** The newest task with each of the given places as its target, with the rule that its execution is of; places that none has are missing. */
  newestAt(places: readonly ArtifactPlace[]): Promise<PlacedTask[]>;
  /** Tasks with a place as their target, newest first. */
  at(place: ArtifactPlace, limit: number): Promise<PlacedTask[]>;
  /** How many tasks of its execution wait that were added before a task. Throws `NOT_FOUND`. */
  waitingBefore(id: string): Promise<number>;
}
