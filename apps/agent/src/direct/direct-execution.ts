import type { TransshipError } from "@transship/errors";
import {
  addBlobSums,
  addBytes,
  type BlobSums,
  type ByteCounts,
  type ExecutionState,
  type ExecutionSummary,
  type Failure,
  NO_BLOBS,
  NO_BYTES,
  NO_PROGRESS,
  outcomeOf,
  type Task,
  type TaskCounts,
  type TaskProgress,
} from "@transship/model";
import type { DirectPair } from "./direct-pair.ts";

/** Failed tasks that are described one by one; beyond that they are only counted. */
const MOST_FAILURES = 1_000;

/** How far it is, as an execution of a control plane would say it. */
export type DirectProgress = ExecutionSummary;

/** How it ended. */
export interface DirectExecution {
  readonly execution: ExecutionSummary;
  /** Those that failed, at most 1,000. */
  readonly failedTasks: readonly Task[];
  /** What was mended at the start, for people. */
  readonly warnings: readonly string[];
}

/** A copy under way. */
export interface DirectTask {
  readonly id: string;
  readonly pair: DirectPair;
  readonly startedAt: string;
  attempts: number;
  /** What earlier attempts moved. */
  before: ByteCounts;
  progress: TaskProgress;
  /** The blobs of attempts that ended. */
  blobSums: BlobSums;
  waits: boolean;
}

type Ending = "succeeded" | "skipped" | "cancelled" | "unchanged";

/** The sums of an execution without a control plane. Only tasks under way and failures are kept one by one, so that a long list costs no memory. */
export class DirectTally {
  readonly #id: string;
  readonly rule: string;
  readonly #createdAt = new Date().toISOString();
  readonly #counts = { total: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };
  readonly #active = new Map<string, DirectTask>();
  readonly #repositories = new Set<string>();
  readonly failedTasks: Task[] = [];
  #unchanged = 0;
  #number = 0;
  #finished = NO_PROGRESS;
  #blobs = NO_BLOBS;

  constructor(id: string, rule: string) {
    this.#id = id;
    this.rule = rule;
  }

  begin(pair: DirectPair): DirectTask {
    this.#number += 1;
    const task: DirectTask = {
      id: `${this.#id}.${this.#number}`,
      pair,
      startedAt: new Date().toISOString(),
      attempts: 0,
      before: NO_BYTES,
      progress: NO_PROGRESS,
      blobSums: NO_BLOBS,
      waits: false,
    };
    this.#counts.total += 1;
    this.#repositories.add(`${pair.source.registry} ${pair.source.name}`);
    this.#active.set(task.id, task);
    return task;
  }

  /** Tags that were equal before are no tasks, as in a plan: they are counted apart. */
  end(task: DirectTask, ending: Ending): void {
    this.#close(task);
    if (ending === "unchanged") {
      this.#counts.total -= 1;
      this.#unchanged += 1;
    } else this.#counts[ending] += 1;
  }

  fail(task: DirectTask, error: TransshipError): void {
    this.#close(task);
    this.#counts.failed += 1;
    if (this.failedTasks.length < MOST_FAILURES) this.failedTasks.push(this.#describe(task, error));
  }

  /** Whether anything has arrived or moved in this execution. */
  get gotSomewhere(): boolean {
    const { counts, bytes } = { counts: this.#counts, bytes: this.summary("copying").bytes };
    return counts.succeeded + this.#unchanged > 0 || bytes.copied + bytes.existing + bytes.mounted + bytes.resumed > 0;
  }

  /** The state in which an execution with these tasks ends. */
  outcome(): ExecutionState {
    return outcomeOf(this.#counts);
  }

  summary(state: ExecutionState, failure?: Failure | undefined): ExecutionSummary {
    const active = [...this.#active.values()];
    const retrying = active.filter((task) => task.waits).length;
    const tasks: TaskCounts = { ...this.#counts, running: active.length - retrying, retrying };
    const sums = active.map(progressOf).reduce(addProgress, this.#finished);
    return {
      id: this.#id,
      rule: this.rule,
      trigger: "manual",
      state,
      retryOf: undefined,
      scoped: false,
      hops: 0,
      createdAt: this.#createdAt,
      startedAt: this.#createdAt,
      finishedAt: state === "copying" ? undefined : new Date().toISOString(),
      unchanged: this.#unchanged,
      repositories: this.#repositories.size,
      // Without a server nothing is remembered of what a rule brought, and nothing is deleted.
      deleted: 0,
      failure,
      tasks,
      ...sums,
      blobs: active.map((task) => task.blobSums).reduce(addBlobSums, this.#blobs),
    };
  }

  #close(task: DirectTask): void {
    this.#active.delete(task.id);
    this.#finished = addProgress(this.#finished, progressOf(task));
    this.#blobs = addBlobSums(this.#blobs, task.blobSums);
  }

  #describe(task: DirectTask, error: TransshipError): Task {
    const { pair } = task;
    const target = { instance: pair.target.registry, repository: pair.target.name, tag: pair.tag ?? pair.reference };
    return {
      id: task.id,
      executionId: this.#id,
      source: { instance: pair.source.registry, repository: pair.source.name, tag: pair.reference },
      target,
      digest: pair.digest ?? "",
      overwrite: pair.overwrite,
      operation: "copy",
      expected: undefined,
      platforms: undefined,
      refill: false,
      state: "failed",
      epoch: 0,
      agent: undefined,
      placement: undefined,
      path: undefined,
      leg: "whole",
      relay: undefined,
      leaseUntil: undefined,
      attempts: task.attempts,
      nextAttemptAt: undefined,
      progress: progressOf(task),
      blobs: [],
      blobSums: task.blobSums,
      failure: { code: error.code, side: error.side, message: error.message, hint: error.hint },
      skipReason: undefined,
      note: undefined,
      createdAt: task.startedAt,
      startedAt: task.startedAt,
      finishedAt: new Date().toISOString(),
    };
  }
}

function progressOf(task: DirectTask): TaskProgress {
  return { ...task.progress, bytes: addBytes(task.before, task.progress.bytes) };
}

function addProgress(a: TaskProgress, b: TaskProgress): TaskProgress {
  return {
    totalBytes: a.totalBytes + b.totalBytes,
    doneBytes: a.doneBytes + b.doneBytes,
    fetchedBytes: a.fetchedBytes + b.fetchedBytes,
    bytes: addBytes(a.bytes, b.bytes),
  };
}
