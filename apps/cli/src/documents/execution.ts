import { bytesFromMessage, executionStateFromMessage, type wire } from "@transship/api";
import type { ByteCounts, ExecutionState, TaskCounts } from "@transship/model";
import { type BlobSumsDocument, blobSumsDocument } from "./blobs.ts";
import { type Document, present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** A task that failed; without `task` it is the execution itself, e.g. a listing that broke. */
export interface TaskFailureDocument extends FailureDocument {
  readonly task: string | null;
  readonly artifact: string | null;
  readonly attempts: number;
}

/** An execution as JSON has it; the same from a server and from `copy` and `sync`. */
export interface ExecutionDocument extends Document {
  readonly kind: "Execution";
  readonly metadata: {
    readonly id: string;
    readonly rule?: string;
    readonly createdAt?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly retryOf?: string;
  };
  readonly status: BlobSumsDocument & {
    readonly state: ExecutionState;
    readonly trigger: string;
    /** What of the rule's source it looks at (`repository:tag`, at most 100); absent = all of it, or an execution of a list. */
    readonly scope?: readonly string[];
    readonly tasks: TaskCounts;
    readonly unchanged: number;
    readonly repositories: number;
    /** Tags taken away at targets. */
    readonly deleted: number;
    /** Tags that moved on both sides and that nothing settles: they were left. Absent = none. */
    readonly conflicts?: number;
    /** A person asked that the rule's source wins wherever both sides moved. */
    readonly settle?: true;
    readonly bytes: ByteCounts;
    readonly totalBytes: number;
    readonly doneBytes: number;
    readonly fetchedBytes: number;
    /** Why none of its tasks goes on at present; absent = they do. */
    readonly waiting?: string;
    /** Bytes that came per second lately, and milliseconds to the end at that rate; absent = not known. */
    readonly bytesPerSecond?: number;
    readonly leftMs?: number;
    readonly failures: readonly TaskFailureDocument[];
  };
}

const NO_TASKS: TaskCounts = { total: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, running: 0, retrying: 0 };

/** An execution of the wire as JSON. A failure of the execution as a whole comes first among the failures. */
export function executionDocument(message: wire.Execution): ExecutionDocument {
  const whole = failureDocument(message.failure);
  const failures = message.failures.flatMap((entry): TaskFailureDocument[] => {
    const failure = failureDocument(entry.failure);
    return failure === undefined ? [] : [{ task: entry.task, artifact: entry.artifact, ...failure, attempts: entry.attempts }];
  });
  return {
    apiVersion: "transship/v1",
    kind: "Execution",
    metadata: {
      id: message.id,
      ...present({ rule: message.rule, createdAt: message.createdAt, startedAt: message.startedAt }),
      ...present({ finishedAt: message.finishedAt, retryOf: message.retryOf }),
    },
    status: {
      state: executionStateFromMessage(message.state) ?? "queued",
      trigger: message.trigger,
      ...(message.scope.length === 0 ? {} : { scope: message.scope }),
      tasks: { ...NO_TASKS, ...message.tasks },
      unchanged: message.unchanged,
      repositories: message.repositories,
      deleted: message.deleted,
      ...((message.conflicts ?? 0) > 0 ? { conflicts: message.conflicts ?? 0 } : {}),
      ...(message.settle === true ? { settle: true as const } : {}),
      bytes: bytesFromMessage(message.bytes),
      totalBytes: message.totalBytes,
      doneBytes: message.doneBytes,
      // An older control plane does not say what was fetched; what is at the target was.
      fetchedBytes: Math.max(message.doneBytes, message.fetchedBytes),
      ...present({ waiting: message.waiting }),
      ...(message.bytesPerSecond > 0 ? { bytesPerSecond: message.bytesPerSecond } : {}),
      ...(message.leftMs > 0 ? { leftMs: message.leftMs } : {}),
      ...blobSumsDocument(message.blobs),
      failures: whole === undefined ? failures : [{ task: null, artifact: null, ...whole, attempts: 1 }, ...failures],
    },
  };
}
