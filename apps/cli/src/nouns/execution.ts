import { wire } from "@transship/api";
import { EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import { rungsUsed } from "../documents/blobs.ts";
import { type ExecutionDocument, executionDocument } from "../documents/execution.ts";
import { taskDocument } from "../documents/task.ts";
import { formatTable } from "../output/table.ts";
import { formatAge, formatBytes } from "../quantities.ts";
import { nameOf } from "./name-of.ts";
import type { Noun } from "./noun.ts";
import { tasks } from "./task.ts";

/** Executions. */
export const executions: Noun<ExecutionDocument> = {
  noun: "execution",
  name: (execution) => execution.metadata.id,
  isDone: (execution) => isFinal(EXECUTION_TRANSITIONS, execution.status.state),
  columns: [
    { title: "ID", cell: (execution) => execution.metadata.id },
    { title: "RULE", cell: (execution) => execution.metadata.rule ?? "" },
    { title: "STATE", cell: (execution) => execution.status.state },
    { title: "TRIGGER", cell: (execution) => execution.status.trigger },
    { title: "TASKS", cell: (execution) => finishedText(execution), align: "right" },
    { title: "FAILED", cell: (execution) => String(execution.status.tasks.failed), align: "right" },
    { title: "UNCHANGED", cell: (execution) => String(execution.status.unchanged), align: "right" },
    { title: "COPIED", cell: (execution) => formatBytes(execution.status.bytes.copied), align: "right" },
    { title: "RESUMED", cell: (execution) => formatBytes(execution.status.bytes.resumed), align: "right", wide: true },
    { title: "EXISTING", cell: (execution) => formatBytes(execution.status.bytes.existing), align: "right", wide: true },
    { title: "MOUNTED", cell: (execution) => formatBytes(execution.status.bytes.mounted), align: "right", wide: true },
    { title: "WASTED", cell: (execution) => formatBytes(execution.status.bytes.wasted), align: "right", wide: true },
    { title: "STARTED", cell: (execution) => formatAge(execution.metadata.createdAt) },
  ],
  async *list(controlPlane, settings) {
    const { executions: service } = controlPlane.services;
    const rule = nameOf(settings.text("rule") ?? "", "rule");
    let pageToken = "";
    do {
      const request = { rule, state: wire.ExecutionState.UNSPECIFIED, pageSize: 500, pageToken };
      const page = await controlPlane.ask(service.listExecutions.bind(service), request);
      yield* page.executions.map(executionDocument);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  },
  async get(controlPlane, id) {
    const { executions: service } = controlPlane.services;
    return executionDocument(await controlPlane.ask(service.getExecution.bind(service), { id }));
  },
  brief: ({ status, ...execution }) => ({ ...execution, status: { ...status, blobs: rungsUsed(status.blobs) } }),
  async *related(controlPlane, execution) {
    const { tasks: service } = controlPlane.services;
    const request = { executionId: execution.metadata.id, states: [], pageSize: 50, pageToken: "" };
    const page = await controlPlane.ask(service.listTasks.bind(service), request);
    if (page.tasks.length === 0) return;
    const more = page.nextPageToken === "" ? "" : `… more: transship task list --execution ${execution.metadata.id}\n`;
    yield { title: "Tasks", text: formatTable(page.tasks.map(taskDocument), tasks.columns, { wide: false }) + more };
  },
};

function finishedText(execution: ExecutionDocument): string {
  const { total, succeeded, failed, skipped, cancelled } = execution.status.tasks;
  return `${succeeded + failed + skipped + cancelled}/${total}`;
}
