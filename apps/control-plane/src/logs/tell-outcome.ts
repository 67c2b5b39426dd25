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

/** A task between its hops: the first was done, or the relay lost what it brought. */
function turnWords({ relay }: Task): [LogLevel, string] {
  const name = relay?.place.instance;
  if (relay?.there === true)
    return ["info", `first hop done by agent ${relay.first?.agent}: it is at the relay ${name} and waits for the second`];
  return ["warn", `the relay ${name} no longer has it; it waits for its first hop again`];
}

function outcomeWords(task: Task): [LogLevel, string] {
  const { state, attempts, agent, failure, nextAttemptAt, skipReason, progress } = task;
  // Nobody has a task between its hops; one that was given back keeps its agent.
  if (state === "queued" && agent === undefined && task.relay !== undefined) return turnWords(task);
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
