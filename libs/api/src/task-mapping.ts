import type { ByteCounts, Task, TaskLeg, TaskPath, TaskProgress, TaskRelay, TaskState } from "@transship/model";
import { blobReportToMessage, blobSumsToMessages } from "./blob-report-mapping.ts";
import { storedFailureToMessage } from "./failure-mapping.ts";
import {
  type ByteCounts as ByteCountsMessage,
  TaskLeg as TaskLegMessage,
  type Task as TaskMessage,
  type TaskPath as TaskPathMessage,
  type TaskProgress as TaskProgressMessage,
  type TaskRelay as TaskRelayMessage,
  TaskState as TaskStateMessage,
} from "./gen/transship/v1/task.ts";
import { taskOperationToMessage } from "./task-terms-mapping.ts";

const TASK_STATES = {
  queued: TaskStateMessage.QUEUED,
  leased: TaskStateMessage.LEASED,
  copying: TaskStateMessage.COPYING,
  verifying: TaskStateMessage.VERIFYING,
  retrying: TaskStateMessage.RETRYING,
  succeeded: TaskStateMessage.SUCCEEDED,
  failed: TaskStateMessage.FAILED,
  cancelled: TaskStateMessage.CANCELLED,
  skipped: TaskStateMessage.SKIPPED,
} as const satisfies Record<TaskState, TaskStateMessage>;

export function taskStateToMessage(state: TaskState): TaskStateMessage {
  return TASK_STATES[state];
}

/** Undefined for unspecified, and for a state of a newer peer. */
export function taskStateFromMessage(message: TaskStateMessage): TaskState | undefined {
  return (Object.keys(TASK_STATES) as TaskState[]).find((state) => TASK_STATES[state] === message);
}

export function bytesFromMessage(message: ByteCountsMessage | undefined): ByteCounts {
  return { copied: 0, mounted: 0, existing: 0, resumed: 0, wasted: 0, ...message };
}

export function progressToMessage(progress: TaskProgress): TaskProgressMessage {
  const { totalBytes, doneBytes, fetchedBytes, bytes } = progress;
  return { totalBytes, doneBytes, fetchedBytes, bytes: { ...bytes } };
}

export function progressFromMessage(message: TaskProgressMessage | undefined): TaskProgress {
  const { totalBytes = 0, doneBytes = 0, fetchedBytes = 0, bytes } = message ?? {};
  // An older peer does not say what was fetched; what is at the target was.
  return { totalBytes, doneBytes, fetchedBytes: Math.max(doneBytes, fetchedBytes), bytes: bytesFromMessage(bytes) };
}

const TASK_LEGS = {
  whole: TaskLegMessage.WHOLE,
  first: TaskLegMessage.FIRST,
  second: TaskLegMessage.SECOND,
  target: TaskLegMessage.TARGET,
} as const satisfies Record<TaskLeg, TaskLegMessage>;

/** Unspecified, and a part that a newer peer knows, is the whole way. */
export function taskLegFromMessage(message: TaskLegMessage): TaskLeg {
  return (Object.keys(TASK_LEGS) as TaskLeg[]).find((leg) => TASK_LEGS[leg] === message) ?? "whole";
}

function pathToMessage(path: TaskPath | undefined): TaskPathMessage | undefined {
  return path && { source: { ...path.source }, target: { ...path.target } };
}

function relayToMessage(relay: TaskRelay | undefined): TaskRelayMessage | undefined {
  if (relay === undefined) return undefined;
  const { agent = "", placement = "", path, times = 0 } = relay.first ?? {};
  return {
    place: { ...relay.place },
    there: relay.there,
    firstAgent: agent,
    firstPlacement: placement,
    firstPath: pathToMessage(path),
    firstHops: times,
  };
}

/** A stored task as a message. `waiting`: what it waits for, where a registry is the reason. */
export function taskToMessage(task: Task, waiting = ""): TaskMessage {
  return {
    id: task.id,
    executionId: task.executionId,
    source: { ...task.source },
    target: { ...task.target },
    digest: task.digest,
    state: taskStateToMessage(task.state),
    agent: task.agent ?? "",
    placement: task.placement ?? "",
    attempts: task.attempts,
    nextAttemptAt: task.nextAttemptAt ?? "",
    progress: progressToMessage(task.progress),
    failure: task.failure && storedFailureToMessage(task.failure),
    blobs: task.blobs.map(blobReportToMessage),
    blobSums: blobSumsToMessages(task.blobSums),
    waiting,
    skipReason: task.skipReason ?? "",
    createdAt: task.createdAt,
    startedAt: task.startedAt ?? "",
    finishedAt: task.finishedAt ?? "",
    epoch: task.epoch,
    operation: taskOperationToMessage(task.operation),
    note: task.note ?? "",
    facing: task.facing,
    path: pathToMessage(task.path),
    leg: TASK_LEGS[task.leg],
    relay: relayToMessage(task.relay),
  };
}
