import type { EventType } from "@transship/model";
import { artifactName, type ExecutionState, type ExecutionSummary, type Failure, type Task } from "@transship/model";
import type { OutgoingEvent } from "@transship/store";
import { outgoingEvent } from "./cloud-event.ts";

/** Ends that are told; a person who stops an execution knows. */
const TYPES: Partial<Record<ExecutionState, EventType>> = {
  succeeded: "execution.succeeded",
  partial: "execution.partial",
  failed: "execution.failed",
};
/** Failures in an event, at most; `status.tasks.failed` counts all. */
const MOST_FAILURES = 10;
/** Characters of a failure's text and of its hint, at most: registries may be wordy. */
const MOST_CHARACTERS = 500;

/** The event that an execution ended: `data` is the Execution as the CLI's JSON has it, with the first failures. */
export function executionEvent(ended: ExecutionSummary, failed: readonly Task[]): OutgoingEvent | undefined {
  const type = TYPES[ended.state];
  if (type === undefined) return undefined;
  const at = new Date(ended.finishedAt ?? ended.createdAt);
  return outgoingEvent(type, ended.rule, { subject: `executions/${ended.id}`, at, data: executionData(ended, failed) });
}

function executionData(ended: ExecutionSummary, failed: readonly Task[]): object {
  const { id, rule, createdAt, startedAt, finishedAt, retryOf, state, trigger, tasks, unchanged, repositories, bytes } = ended;
  const left = (ended.conflicts ?? 0) > 0 ? { conflicts: ended.conflicts } : {};
  const whole = ended.failure === undefined ? [] : [{ task: null, artifact: null, ...failureData(ended.failure), attempts: 1 }];
  const single = failed.flatMap(({ id: task, source, failure, attempts }) =>
    failure === undefined ? [] : [{ task, artifact: artifactName(source), ...failureData(failure), attempts }],
  );
  return {
    apiVersion: "transship/v1",
    kind: "Execution",
    metadata: { id, rule, createdAt, startedAt, finishedAt, retryOf },
    status: { state, trigger, tasks, unchanged, repositories, ...left, bytes, failures: [...whole, ...single].slice(0, MOST_FAILURES) },
  };
}

function failureData({ code, side, message, hint }: Failure): object {
  return { code, side: side ?? null, message: message.slice(0, MOST_CHARACTERS), hint: hint.slice(0, MOST_CHARACTERS) };
}
