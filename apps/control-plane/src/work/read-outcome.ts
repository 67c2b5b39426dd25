import { blobReportsFromMessages, failureFromMessage, progressFromMessage, taskStateFromMessage, type wire } from "@transship/api";
import { CODES, TransshipError } from "@transship/errors";
import { type Failure, largestBlobs, type Task } from "@transship/model";
import type { AttemptOutcome } from "@transship/store";
import { retryDelay } from "../scheduler/back-off.ts";

/** Longest wait that a registry's `Retry-After` is believed: an hour. */
const LONGEST_WAIT_MS = 3_600_000;

/** An agent's report as the store takes it. A report that makes no sense becomes a failure: refusing it would bring it back for ever. */
export function readOutcome(message: wire.Outcome, task: Task, now: Date): AttemptOutcome {
  const progress = progressFromMessage(message.progress);
  const state = taskStateFromMessage(message.state);
  const failure = message.failure === undefined ? unexplained(message.state) : failureFromMessage(message.failure);
  switch (state) {
    case "succeeded":
      return { state, progress, blobs: largestBlobs(blobReportsFromMessages(message.blobs)) };
    case "queued":
    case "cancelled":
      return { state, progress };
    case "skipped":
      return { state, progress, reason: message.skipReason };
    case "retrying": {
      const delay = retryDelay(failure.code, task.attempts, Math.min(LONGEST_WAIT_MS, Math.max(0, message.retryAfterMs)));
      return { state, progress, failure, nextAttemptAt: new Date(now.getTime() + delay) };
    }
    default:
      return { state: "failed", progress, failure };
  }
}

function unexplained(state: wire.TaskState): Failure {
  const error = new TransshipError("INTERNAL", {
    what: "the agent's report",
    why: `it ends the attempt in state ${state} without saying why`,
  });
  return { code: error.code, side: undefined, message: error.message, hint: CODES.INTERNAL.hint };
}
