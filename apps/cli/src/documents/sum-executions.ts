import { addBytes, type ExecutionState, NO_BYTES, type TaskCounts } from "@transship/model";
import { addBlobSumsDocuments } from "./blobs.ts";
import type { ExecutionDocument } from "./execution.ts";

/** Several executions as one, for a file with several rules: sums, the worst outcome, all failures. */
export function sumExecutions(parts: readonly ExecutionDocument[]): ExecutionDocument {
  const statuses = parts.map((part) => part.status);
  const sum = (pick: (status: ExecutionDocument["status"]) => number) => statuses.reduce((total, status) => total + pick(status), 0);
  const count = (key: keyof TaskCounts) => sum((status) => status.tasks[key]);
  const created = parts.flatMap((part) => part.metadata.createdAt ?? []).sort();
  const finished = parts.flatMap((part) => part.metadata.finishedAt ?? []).sort();
  const [createdAt, finishedAt] = [created[0], finished.at(-1)];
  return {
    apiVersion: "transship/v1",
    kind: "Execution",
    metadata: {
      id: parts[0]?.metadata.id ?? "",
      rule: parts.map((part) => part.metadata.rule ?? part.metadata.id).join(", "),
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
    },
    status: {
      state: worst(statuses.map((status) => status.state)),
      trigger: "manual",
      tasks: {
        total: count("total"),
        succeeded: count("succeeded"),
        failed: count("failed"),
        skipped: count("skipped"),
        cancelled: count("cancelled"),
        running: count("running"),
        retrying: count("retrying"),
      },
      unchanged: sum((status) => status.unchanged),
      repositories: sum((status) => status.repositories),
      deleted: sum((status) => status.deleted),
      bytes: statuses.reduce((total, status) => addBytes(total, status.bytes), NO_BYTES),
      totalBytes: sum((status) => status.totalBytes),
      doneBytes: sum((status) => status.doneBytes),
      fetchedBytes: sum((status) => status.fetchedBytes),
      ...addBlobSumsDocuments(statuses),
      failures: statuses.flatMap((status) => status.failures),
    },
  };
}

/** Any that runs: the earliest phase of those. All ended: succeeded, failed or stopped where all agree, stopped where one was, else partial. */
function worst(states: readonly ExecutionState[]): ExecutionState {
  for (const state of ["inventory", "planning", "copying", "queued", "stopped"] as const) if (states.includes(state)) return state;
  const [first, ...others] = new Set(states);
  return first !== undefined && others.length === 0 ? first : states.length === 0 ? "succeeded" : "partial";
}
