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
  Trigger,
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

/** How an attempt ended. */
export interface AttemptReport {
  readonly lease: LeaseKey;
  /** Who says so: where the task is another's, the report is `stale`. Absent = whoever has it. */
  readonly agent?: string | undefined;
  /** Makes the outcome of the task as it is. Called within a transaction; it must not throw. */
  readonly outcome: (task: Task) => AttemptOutcome;
}

/** What an applied report is for, besides its task. */
export interface ReportedExecution {
  readonly rule: string;
  readonly trigger: Trigger;
  /** Copies that led to it one after the other. */
  readonly hops: number;
}

/** What became of a report; of one that was applied, the task with its blob reports as it was and as it is. */
export type Reported =
  | { readonly result: "applied"; readonly before: Task; readonly after: Task; readonly execution: ReportedExecution }
  | { readonly result: "duplicate" | "stale" };

/** How far an attempt is. */
export interface ProgressReport {
  readonly lease: LeaseKey;
  /** Who says so; absent = whoever has it. */
  readonly agent?: string | undefined;
  /** Among `leased`, `copying`, `verifying`. */
  readonly state: TaskState;
  readonly progress: TaskProgress;
}

/** A task whose progress was recorded. */
export interface Progressed {
  readonly before: Task;
  readonly after: Task;
}

/** What an agent may take: of one execution mostly, whose pairs are all that it may take from. */
export interface Claim {
  readonly agent: string;
  /** Where the process is that gets them: see `heldBy`. */
  readonly home?: string | undefined;
  readonly pairs: readonly ClaimedPair[];
  readonly limit: number;
  /** How long a task that came back is left to the agent that had it before, in milliseconds. */
  readonly preferMs: number;
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
  lease(claim: Claim & { readonly leaseMs: number; readonly online: readonly string[] }, now: Date): Promise<Task[]>;
  /** The same for many claims, one after the other, as one transaction; what each got, in their order. */
  leaseAll(
    claims: readonly Claim[],
    terms: { readonly leaseMs: number; readonly online: ReadonlySet<string> },
    now: Date,
  ): Promise<Task[][]>;
  /** Extends the leases that still hold; returns those that do not (stale epoch, final, or another agent's). */
  renew(agent: string, leases: readonly LeaseKey[], leaseMs: number, now: Date): Promise<LeaseKey[]>;
  /** At start: leases could not be renewed while the control plane was away, so each gets the full duration from now. */
  extendAll(leaseMs: number, now: Date): Promise<void>;
  /** Sends tasks whose lease ended back to `queued` and returns them as they were. */
  expire(now: Date): Promise<Task[]>;
  /** Records progress and the state among `leased`, `copying`, `verifying`; false when the epoch is stale. */
  progress(lease: LeaseKey, state: TaskState, progress: TaskProgress): Promise<boolean>;
  /** The same of many tasks, each named once, as one transaction; of each what it was and is, undefined where the lease is no more. */
  progressAll(reports: readonly ProgressReport[]): Promise<(Progressed | undefined)[]>;
  /**
   * Records how an attempt ended; with it what a copy brought, or that a deletion was done. A first hop that succeeded sends the task back to `queued`, to wait for its second,
   * with attempts counted anew; a second hop that finds the relay without the artifact sends it back for its first.
   */
  finish(lease: LeaseKey, outcome: AttemptOutcome, now: Date): Promise<ReportResult>;
  /** The same for many reports, one after the other, as one transaction; what became of each, in their order. */
  finishAll(reports: readonly AttemptReport[], now: Date): Promise<Reported[]>;
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
  /** Of how many tasks `heldBy` would tell for each of these agents, by name; who holds none is missing. */
  heldCounts(agents: readonly { readonly name: string; readonly home?: string | undefined }[]): Promise<Map<string, number>>;
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
