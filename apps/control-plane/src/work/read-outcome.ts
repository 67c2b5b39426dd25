import {
  blobReportsFromMessages,
  blobSumsFromMessages,
  failureFromMessage,
  progressFromMessage,
  taskOperationFromMessage,
  taskStateFromMessage,
  wire,
} from "@transship/api";
import { CODES, TransshipError } from "@transship/errors";
import { artifactName, type Failure, largestBlobs, skipReasonOf, sumBlobs, type Task } from "@transship/model";
import type { AttemptCost, AttemptOutcome } from "@transship/store";
import { safeFailure } from "../logs/failure-facts.ts";
import { retryDelay } from "../scheduler/back-off.ts";

/** Longest wait that a registry's `Retry-After` is believed: an hour. */
const LONGEST_WAIT_MS = 3_600_000;

/** An agent's report as the store takes it. A report that makes no sense becomes a failure: refusing it would bring it back for ever. */
export function readOutcome(message: wire.Outcome, task: Task, now: Date): AttemptOutcome {
  const cost = costOf(message);
  const state = taskStateFromMessage(message.state);
  const failure = ofHop(
    task,
    message.failure === undefined ? unexplained(message.state) : safeFailure(failureFromMessage(message.failure)),
  );
  switch (state) {
    case "succeeded":
      return taskOperationFromMessage(message.operation) === task.operation
        ? { state, ...cost, ...gainOf(message) }
        : { state: "failed", ...cost, failure: undone(task) };
    case "queued":
    case "cancelled":
      return { state, ...cost };
    case "skipped":
      return task.facing !== undefined && skipReasonOf(message.skipReason) === "foreign"
        ? { state: "failed", ...cost, failure: movedMeanwhile(task) }
        : { state, ...cost, reason: message.skipReason };
    case "retrying": {
      const delay = retryDelay(failure.code, task.attempts, Math.min(LONGEST_WAIT_MS, Math.max(0, message.retryAfterMs)));
      return { state, ...cost, failure, nextAttemptAt: new Date(now.getTime() + delay) };
    }
    default:
      return { state: "failed", ...cost, failure };
  }
}

/** Says which hop failed: of a hop, one side is the relay. */
function ofHop({ leg, relay, source, target }: Task, failure: Failure): Failure {
  if (relay === undefined || (leg !== "first" && leg !== "second")) return failure;
  const name = relay.place.instance;
  const hop = leg === "first" ? `first hop, ${source.instance} to relay ${name}` : `second hop, relay ${name} to ${target.instance}`;
  return { ...failure, message: `${hop}: ${failure.message}` };
}

/** What a copy that succeeded changed at the target. */
function gainOf({ movedTag, broughtPlatforms, note }: wire.Outcome) {
  const platforms = broughtPlatforms.length === 0 ? undefined : broughtPlatforms;
  return { ...(movedTag ? { arrival: { platforms } } : {}), ...(note === "" ? {} : { note }) };
}

/** Somebody moved the target's tag after the plan had looked at it, and rules lead back from there: what they pushed is not for this rule to replace. */
function movedMeanwhile({ target, expected = "nothing", facing }: Task): Failure {
  const error = new TransshipError("TAG_CONFLICT", {
    what: `moving ${artifactName(target)} at ${target.instance}`,
    why: `the tag was moved there while the source's was on its way: it names something else than ${expected}, which rule ${facing} brings back`,
    hint: "Run the rule again: the next plan looks at what both sides have now.",
    side: "target",
  });
  return { code: error.code, side: error.side, message: error.message, hint: error.hint };
}

/** An older agent copies whatever it is assigned: it deleted nothing. */
function undone(task: Task): Failure {
  const error = new TransshipError("UNSUPPORTED", {
    what: `deleting ${task.target.repository}:${task.target.tag}`,
    why: "the agent does not know how to delete",
    hint: "Bring the agent to the control plane's version.",
  });
  return { code: error.code, side: undefined, message: error.message, hint: error.hint };
}

/** An attempt that came to no blob says nothing of blobs, except that one which succeeded says that there was nothing to do. */
function costOf(message: wire.Outcome): AttemptCost {
  const progress = progressFromMessage(message.progress);
  if (message.blobs.length === 0 && message.state !== wire.TaskState.SUCCEEDED) return { progress };
  const blobs = largestBlobs(blobReportsFromMessages(message.blobs));
  return { progress, blobs, blobSums: message.blobSums.length === 0 ? sumBlobs(blobs) : blobSumsFromMessages(message.blobSums) };
}

function unexplained(state: wire.TaskState): Failure {
  const error = new TransshipError("INTERNAL", {
    what: "the agent's report",
    why: `it ends the attempt in state ${state} without saying why`,
  });
  return { code: error.code, side: undefined, message: error.message, hint: CODES.INTERNAL.hint };
}
