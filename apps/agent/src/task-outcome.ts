import {
  blobReportToMessage,
  blobSumsToMessages,
  failureToMessage,
  progressToMessage,
  taskOperationToMessage,
  taskStateToMessage,
  wire,
} from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { addBytes, largestBlobs, SKIP_REASONS, sumBlobs, type TaskOperation, type TaskProgress, type TaskState } from "@transship/model";
import type { CopyCost, CopyResult, DeleteResult } from "@transship/transfer";
import { safeFailure, secretsOf } from "./hide-secrets.ts";
import type { Assigned } from "./read-assignment.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { NO_COST } from "./run-task.ts";

/** A report before the outbox gives it its sequence. */
export type UnsentOutcome = Omit<wire.Outcome, "sequence">;

/** The report of a copy that ended well: the target's tag has the digest, or it was left alone on purpose. */
export function goodOutcome(assigned: Assigned, result: CopyResult): UnsentOutcome {
  const cost = costOf(assigned, result);
  const { outcome: end, platforms = [], note = "" } = result;
  if (end !== "copied" && end !== "unchanged") return outcome(assigned, "skipped", cost, { skipReason: SKIP_REASONS[end] });
  if (end === "copied") return outcome(assigned, "succeeded", cost, { movedTag: true, broughtPlatforms: [...platforms], note });
  // An attempt before may have moved the tag and ended without a word; then at least the chosen platforms are there.
  const movedTag = assigned.attempt > 1;
  return outcome(assigned, "succeeded", cost, { movedTag, broughtPlatforms: movedTag ? [...(assigned.platforms ?? [])] : [] });
}

/** The report of a deletion that ended well: the tag is gone, or it was left alone for a reason. */
export function deletionOutcome(assigned: Assigned, result: DeleteResult): UnsentOutcome {
  const cost = costOf(assigned, NO_COST);
  switch (result.outcome) {
    case "deleted":
      return outcome(assigned, "succeeded", cost, { note: result.by === "digest" ? "deleted by digest: the target deletes no tags" : "" });
    case "absent":
      return outcome(assigned, "succeeded", cost, { note: "the target's tag was gone already" });
    case "shared":
      return outcome(assigned, "skipped", cost, { skipReason: `${SKIP_REASONS.shared}: ${result.neededBy}` });
    default:
      return outcome(assigned, "skipped", cost, { skipReason: SKIP_REASONS[result.outcome] });
  }
}

/**
 * The report of an attempt that failed, with what it cost: tried again where that can help, else given up. A tag that the target keeps from moving is no failure:
 * it was left alone, as somebody there wants it.
 */
export function badOutcome(assigned: Assigned, error: TransshipError, cost: CopyCost, budget: RetryBudget): UnsentOutcome {
  const { key, attempt, bytesSoFar } = assigned;
  if (error.code === "TAG_IMMUTABLE") {
    return outcome(assigned, "skipped", costOf(assigned, cost), { skipReason: `${SKIP_REASONS.immutable}: ${error.why}` });
  }
  const again = budget.mayRetry({ taskId: key.taskId, attempt, code: error.code, before: bytesSoFar, moved: cost.progress.bytes });
  return outcome(assigned, again ? "retrying" : "failed", costOf(assigned, cost), {
    failure: safeFailure(error, secretsOf([assigned.sourceAccess, assigned.targetAccess, ...assigned.siblings])),
    retryAfterMs: again ? Math.round(error.retryAfterMs ?? 0) : 0,
  });
}

/** The report of a task that the agent gives back unfinished. */
export function givenBackOutcome(assigned: Assigned, cost: CopyCost): UnsentOutcome {
  return outcome(assigned, "queued", costOf(assigned, cost), {});
}

/** The report of an assignment that cannot be read. */
export function unreadableOutcome(key: wire.LeaseKey, error: TransshipError): UnsentOutcome {
  const cost = { progress: undefined, blobs: [], blobSums: [] };
  return outcome({ key, operation: undefined }, "failed", cost, { failure: failureToMessage(error) });
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
  { key, operation }: Pick<Assigned, "key"> & { readonly operation: TaskOperation | undefined },
  state: TaskState,
  cost: Cost,
  more: Partial<Omit<UnsentOutcome, "lease" | "state" | "operation" | keyof Cost>>,
): UnsentOutcome {
  return {
    lease: { ...key },
    state: taskStateToMessage(state),
    operation: operation === undefined ? wire.TaskOperation.UNSPECIFIED : taskOperationToMessage(operation),
    skipReason: "",
    retryAfterMs: 0,
    movedTag: false,
    broughtPlatforms: [],
    note: "",
    ...cost,
    ...more,
  };
}
