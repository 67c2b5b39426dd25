import { blobReportToMessage, failureToMessage, progressToMessage, taskStateToMessage, type wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { addBytes, largestBlobs, PLAN_REASONS, type TaskProgress, type TaskState } from "@transship/model";
import type { CopyResult } from "@transship/transfer";
import type { Assigned } from "./read-assignment.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** A report before the outbox gives it its sequence. */
export type UnsentOutcome = Omit<wire.Outcome, "sequence">;

/** The report of a copy that ended well: the target's tag has the digest, or it was left alone on purpose. */
export function goodOutcome(assigned: Assigned, result: CopyResult): UnsentOutcome {
  const kept = result.outcome === "kept";
  return outcome(assigned.key, kept ? "skipped" : "succeeded", withEarlier(assigned, result.progress), {
    skipReason: kept ? PLAN_REASONS.kept : "",
    blobs: kept ? [] : largestBlobs(result.blobs).map(blobReportToMessage),
  });
}

/** The report of a copy that failed, `progress` being its last numbers: tried again where that can help, else given up. */
export function badOutcome(assigned: Assigned, error: TransshipError, progress: TaskProgress, budget: RetryBudget): UnsentOutcome {
  const { key, attempt, bytesSoFar } = assigned;
  const again = budget.mayRetry({ taskId: key.taskId, attempt, code: error.code, before: bytesSoFar, moved: progress.bytes });
  return outcome(key, again ? "retrying" : "failed", withEarlier(assigned, progress), {
    failure: failureToMessage(error),
    retryAfterMs: again ? Math.round(error.retryAfterMs ?? 0) : 0,
  });
}

/** The report of a task that the agent gives back unfinished. */
export function givenBackOutcome(assigned: Assigned, progress: TaskProgress): UnsentOutcome {
  return outcome(assigned.key, "queued", withEarlier(assigned, progress), {});
}

/** The report of an assignment that cannot be read. */
export function unreadableOutcome(key: wire.LeaseKey, error: TransshipError): UnsentOutcome {
  return outcome(key, "failed", undefined, { failure: failureToMessage(error) });
}

/** The numbers of all attempts: reports are absolute, an attempt counts from zero. */
export function withEarlier(assigned: Assigned, progress: TaskProgress): TaskProgress {
  return { ...progress, bytes: addBytes(assigned.bytesSoFar, progress.bytes) };
}

function outcome(
  lease: wire.LeaseKey,
  state: TaskState,
  progress: TaskProgress | undefined,
  more: Partial<Pick<wire.Outcome, "failure" | "skipReason" | "retryAfterMs" | "blobs">>,
): UnsentOutcome {
  return {
    lease: { ...lease },
    state: taskStateToMessage(state),
    progress: progress && progressToMessage(progress),
    skipReason: "",
    retryAfterMs: 0,
    blobs: [],
    ...more,
  };
}
