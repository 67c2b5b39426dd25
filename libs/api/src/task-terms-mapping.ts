import type { TaskOperation } from "@transship/model";
import { TaskOperation as TaskOperationMessage } from "./gen/transship/v1/task.ts";

const OPERATIONS = {
  copy: TaskOperationMessage.COPY,
  delete: TaskOperationMessage.DELETE,
} as const satisfies Record<TaskOperation, TaskOperationMessage>;

export function taskOperationToMessage(operation: TaskOperation): TaskOperationMessage {
  return OPERATIONS[operation];
}

/** Unspecified is a copy: what peers did before there was anything else. Undefined for an operation of a newer peer. */
export function taskOperationFromMessage(message: TaskOperationMessage): TaskOperation | undefined {
  if (message === TaskOperationMessage.UNSPECIFIED) return "copy";
  return (Object.keys(OPERATIONS) as TaskOperation[]).find((operation) => OPERATIONS[operation] === message);
}
