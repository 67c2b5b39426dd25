import { wire } from "@transship/api";
import { artifactName, EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import type { ControlPlane } from "../connection/control-plane.ts";
import { rungsUsed } from "../documents/blobs.ts";
import { type ExecutionDocument, executionDocument } from "../documents/execution.ts";
import { taskDocument } from "../documents/task.ts";
import { describeValue } from "../output/describe.ts";
import { formatTable } from "../output/table.ts";
import { formatAge, formatBytes, formatDuration } from "../quantities.ts";
import { nameOf } from "./name-of.ts";
import type { Noun } from "./noun.ts";
import { tasks } from "./task.ts";

/** Tasks that are tried again of which the whole failure is shown. */
const MOST_RETRYING = 20;

/** Executions. */
export const executions: Noun<ExecutionDocument> = {
  noun: "execution",
  name: (execution) => execution.metadata.id,
  isDone: (execution) => isFinal(EXECUTION_TRANSITIONS, execution.status.state),
  columns: [
    { title: "ID", cell: (execution) => execution.metadata.id },
    { title: "RULE", cell: (execution) => execution.metadata.rule ?? "" },
    { title: "STATE", cell: ({ status }) => (status.waiting === undefined ? status.state : `${status.state}, paused`) },
    { title: "TRIGGER", cell: (execution) => execution.status.trigger },
    { title: "TASKS", cell: (execution) => finishedText(execution), align: "right" },
    { title: "FAILED", cell: (execution) => String(execution.status.tasks.failed), align: "right" },
    { title: "SUCCESS", cell: (execution) => successText(execution), align: "right" },
    { title: "REPOSITORIES", cell: (execution) => String(execution.status.repositories), align: "right" },
    { title: "UNCHANGED", cell: (execution) => String(execution.status.unchanged), align: "right" },
    { title: "CONFLICTS", cell: (execution) => String(execution.status.conflicts ?? 0), align: "right", wide: true },
    { title: "DELETED", cell: (execution) => String(execution.status.deleted), align: "right", wide: true },
    { title: "COPIED", cell: (execution) => formatBytes(execution.status.bytes.copied), align: "right" },
    { title: "RESUMED", cell: (execution) => formatBytes(execution.status.bytes.resumed), align: "right", wide: true },
    { title: "EXISTING", cell: (execution) => formatBytes(execution.status.bytes.existing), align: "right", wide: true },
    { title: "MOUNTED", cell: (execution) => formatBytes(execution.status.bytes.mounted), align: "right", wide: true },
    { title: "WASTED", cell: (execution) => formatBytes(execution.status.bytes.wasted), align: "right", wide: true },
    { title: "LEFT", cell: ({ status }) => (status.leftMs === undefined ? "" : formatDuration(status.leftMs)), align: "right" },
    { title: "CREATED", cell: (execution) => formatAge(execution.metadata.createdAt) },
    { title: "DURATION", cell: (execution) => durationText(execution), align: "right" },
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
    yield* failingForNow(controlPlane, execution);
    const more = page.nextPageToken === "" ? "" : `… more: transship task list --execution ${execution.metadata.id}\n`;
    yield { title: "Tasks", text: formatTable(page.tasks.map(taskDocument), tasks.columns, { wide: false }) + more };
  },
};

/** Tasks that failed and are tried again, with all that is known of why. Those that failed for good are in the status. */
async function* failingForNow(controlPlane: ControlPlane, { metadata, status }: ExecutionDocument) {
  if (status.tasks.retrying === 0) return;
  const { tasks: service } = controlPlane.services;
  const request = { executionId: metadata.id, states: [wire.TaskState.RETRYING], pageSize: MOST_RETRYING, pageToken: "" };
  const page = await controlPlane.ask(service.listTasks.bind(service), request);
  const items = page.tasks.map(taskDocument).map((task) => ({
    task: task.metadata.id,
    artifact: artifactName(task.spec.source),
    ...task.status.failure,
    attempts: task.status.attempts,
    nextAttemptAt: task.status.nextAttemptAt,
  }));
  if (items.length > 0) yield { title: "Tried again", text: describeValue({ tasks: items }) };
}

function finishedText(execution: ExecutionDocument): string {
  const { total, succeeded, failed, skipped, cancelled } = execution.status.tasks;
  return `${succeeded + failed + skipped + cancelled}/${total}`;
}

/** The share of its tasks that went well, of those that ended. */
function successText({ status }: ExecutionDocument): string {
  const { succeeded, skipped, failed, cancelled } = status.tasks;
  const ended = succeeded + skipped + failed + cancelled;
  return ended === 0 ? "" : `${Math.floor(((succeeded + skipped) / ended) * 100)} %`;
}

/** From its start to its end, or until now. */
function durationText({ metadata: { startedAt, finishedAt } }: ExecutionDocument): string {
  if (startedAt === undefined) return "";
  return formatDuration((finishedAt === undefined ? Date.now() : Date.parse(finishedAt)) - Date.parse(startedAt));
}
