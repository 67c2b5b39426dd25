import {
  artifactName,
  type Execution,
  type ExecutionState,
  type ExecutionSummary,
  NO_BLOBS,
  NO_BYTES,
  type ScopeEntry,
  scopeName,
  type Task,
} from "@transship/model";
import { blobSumsToMessages } from "./blob-report-mapping.ts";
import { storedFailureToMessage } from "./failure-mapping.ts";
import {
  type Execution as ExecutionMessage,
  ExecutionState as ExecutionStateMessage,
  type TaskFailure,
} from "./gen/transship/v1/execution.ts";

const EXECUTION_STATES = {
  queued: ExecutionStateMessage.QUEUED,
  inventory: ExecutionStateMessage.INVENTORY,
  planning: ExecutionStateMessage.PLANNING,
  copying: ExecutionStateMessage.COPYING,
  succeeded: ExecutionStateMessage.SUCCEEDED,
  partial: ExecutionStateMessage.PARTIAL,
  failed: ExecutionStateMessage.FAILED,
  stopped: ExecutionStateMessage.STOPPED,
} as const satisfies Record<ExecutionState, ExecutionStateMessage>;

export function executionStateToMessage(state: ExecutionState): ExecutionStateMessage {
  return EXECUTION_STATES[state];
}

/** Undefined for unspecified, and for a state of a newer peer. */
export function executionStateFromMessage(message: ExecutionStateMessage): ExecutionState | undefined {
  return (Object.keys(EXECUTION_STATES) as ExecutionState[]).find((state) => EXECUTION_STATES[state] === message);
}

/** What is known of an execution that is not stored with it. */
export type ExecutionOutlook = Pick<ExecutionMessage, "waiting" | "bytesPerSecond" | "leftMs">;

const NO_OUTLOOK: ExecutionOutlook = { waiting: "", bytesPerSecond: 0, leftMs: 0 };

/** Names of a scope that are told, at most. */
const MOST_SCOPE_NAMES = 100;

/** An execution as a message; one without sums (just opened) has zeros. */
export function executionToMessage(
  execution: Execution | ExecutionSummary,
  failedTasks: readonly Task[] = [],
  outlook: ExecutionOutlook = NO_OUTLOOK,
  scope: readonly ScopeEntry[] = [],
): ExecutionMessage {
  const sums = "tasks" in execution ? execution : NO_SUMS;
  return {
    id: execution.id,
    rule: execution.rule,
    trigger: execution.trigger,
    state: executionStateToMessage(execution.state),
    retryOf: execution.retryOf ?? "",
    planId: execution.plan ?? "",
    createdAt: execution.createdAt,
    startedAt: execution.startedAt ?? "",
    finishedAt: execution.finishedAt ?? "",
    tasks: { ...sums.tasks },
    unchanged: execution.unchanged,
    repositories: execution.repositories,
    deleted: execution.deleted,
    bytes: { ...sums.bytes },
    totalBytes: sums.totalBytes,
    doneBytes: sums.doneBytes,
    fetchedBytes: sums.fetchedBytes,
    blobs: blobSumsToMessages(sums.blobs),
    failures: failedTasks.map(taskFailure),
    failure: execution.failure && storedFailureToMessage(execution.failure),
    ...outlook,
    conflicts: execution.conflicts ?? 0,
    settle: execution.settle ?? false,
    scoped: execution.scoped,
    scope: scope.slice(0, MOST_SCOPE_NAMES).map(scopeName),
  };
}

const NO_TASKS = { total: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, running: 0, retrying: 0 };
const NO_SUMS = { tasks: NO_TASKS, bytes: NO_BYTES, totalBytes: 0, doneBytes: 0, fetchedBytes: 0, blobs: NO_BLOBS };

function taskFailure(task: Task): TaskFailure {
  return {
    task: task.id,
    artifact: artifactName(task.source),
    failure: task.failure && storedFailureToMessage(task.failure),
    attempts: task.attempts,
  };
}
