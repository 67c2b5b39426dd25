import {
  blobReportToMessage,
  blobSumsToMessages,
  failureToMessage,
  progressToMessage,
  taskStateToMessage,
  type wire,
} from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { addBytes, largestBlobs, PLAN_REASONS, sumBlobs, type TaskProgress, type TaskState } from "@transship/model";
import type { CopyCost, CopyResult } from "@transship/transfer";
import { safeFailure, secretsOf } from "./hide-secrets.ts";
import type { Assigned } from "./read-assignment.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** A report before the outbox gives it its sequence. */
export type UnsentOutcome = Omit<wire.Outcome, "sequence">;

/** The report of a copy that ended well: the target's tag has the digest, or it was left alone on purpose. */
export function goodOutcome(assigned: Assigned, result: CopyResult): UnsentOutcome {
  const kept = result.outcome === "kept";
  return outcome(assigned.key, kept ? "skipped" : "succeeded", costOf(assigned, result), { skipReason: kept ? PLAN_REASONS.kept : "" });
}

/** The report of a copy that failed, with what it cost: tried again where that can help, else given up. */
export function badOutcome(assigned: Assigned, error: TransshipError, cost: CopyCost, budget: RetryBudget): UnsentOutcome {
  const { key, attempt, bytesSoFar } = assigned;
  const again = budget.mayRetry({ taskId: key.taskId, attempt, code: error.code, before: bytesSoFar, moved: cost.progress.bytes });
  return outcome(key, again ? "retrying" : "failed", costOf(assigned, cost), {
    failure: safeFailure(error, secretsOf([assigned.sourceAccess, assigned.targetAccess, ...assigned.siblings])),
    retryAfterMs: again ? Math.round(error.retryAfterMs ?? 0) : 0,
  });
}

/** The report of a task that the agent gives back unfinished. */
export function givenBackOutcome(assigned: Assigned, cost: CopyCost): UnsentOutcome {
  return outcome(assigned.key, "queued", costOf(assigned, cost), {});
}

/** The report of an assignment that cannot be read. */
export function unreadableOutcome(key: wire.LeaseKey, error: TransshipError): UnsentOutcome {
  return outcome(key, "failed", { progress: undefined, blobs: [], blobSums: [] }, { failure: failureToMessage(error) });
}

/** The numbers of all attempts: reports are absolute, an attempt counts from zero. */
export function withEarlier(assigned: Assigned, progress: TaskProgress): TaskProgress {
  return { ...progress, bytes: addBytes(assigned.bytesSoFar, progress.bytes) };
}

type Cost = Pick<wire.Outcome, "progress" | "blobs" | "blobSums">;

/** Blobs are those of this attempt; only the sums know all of them. */
function costOf(assigned: Assigned, { progress, blobs }: CopyCost): Cost {
  return {
    progress: progressToMessage(withEarlier(assigned, progress)),
    blobs: largestBlobs(blobs).map(blobReportToMessage),
    blobSums: blobSumsToMessages(sumBlobs(blobs)),
  };
}

function outcome(
  lease: wire.LeaseKey,
  state: TaskState,
  cost: Cost,
  more: Partial<Pick<wire.Outcome, "failure" | "skipReason" | "retryAfterMs">>,
): UnsentOutcome {
  return { lease: { ...lease }, state: taskStateToMessage(state), skipReason: "", retryAfterMs: 0, ...cost, ...more };
}
