import type { DirectExecution } from "@transship/agent";
import { executionToMessage } from "@transship/api";
import { type ExecutionDocument, executionDocument } from "../../documents/execution.ts";

/** An execution without a server as the document that a server's would be: by way of the same message. */
export function directDocument({ execution, failedTasks }: Pick<DirectExecution, "execution" | "failedTasks">): ExecutionDocument {
  return executionDocument(executionToMessage(execution, failedTasks));
}
