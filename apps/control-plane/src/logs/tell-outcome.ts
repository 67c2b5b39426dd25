import { bytesText, type LogLevel, type Task } from "@transship/model";
import type { ExecutionLog } from "./execution-log.ts";
import { failureFacts, failureWords } from "./failure-facts.ts";

/** Tells how an attempt of a task ended; of one that failed the cause, the side, and when it is tried again. */
export function tellOutcome(log: ExecutionLog, task: Task): void {
  const { state, attempts, agent, nextAttemptAt } = task;
  const [level, message] = outcomeWords(task);
  const { copied, wasted } = task.progress.bytes;
  const why = state === "failed" || state === "retrying" ? { ...failureFacts(task.failure), nextAttemptAt } : {};
  log[level](task.executionId, message, { task: task.id, agent, state, attempt: attempts, copied, wasted, ...why });
}

function outcomeWords({ state, attempts, agent, failure, nextAttemptAt, skipReason, progress }: Task): [LogLevel, string] {
  const cause = failure === undefined ? "" : `: ${failureWords(failure)}`;
  switch (state) {
    case "succeeded":
      return ["info", `succeeded: ${bytesText(progress.bytes.copied)} copied`];
    case "retrying":
      return ["warn", `attempt ${attempts} failed, next at ${nextAttemptAt}${cause}`];
    case "failed":
      return ["error", `failed after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}${cause}`];
    case "skipped":
      return ["info", `skipped: ${skipReason}`];
    case "queued":
      return ["warn", `given back by agent ${agent}; it is in the queue again`];
    default:
      return ["info", state];
  }
}
