import { taskStateToMessage } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type ArtifactPlace, artifactName, isFinal, MOST_BLOB_REPORTS, TASK_TRANSITIONS, type TaskState } from "@transship/model";
import { rungsUsed } from "../documents/blobs.ts";
import { type TaskDocument, taskDocument, wholeTaskDocument } from "../documents/task.ts";
import { formatTable } from "../output/table.ts";
import { formatAge, formatBytes } from "../quantities.ts";
import { BLOB_COLUMNS } from "./blob-columns.ts";
import { lastLines } from "./last-lines.ts";
import { nameOf } from "./name-of.ts";
import type { Noun } from "./noun.ts";

/** Lines of its log that are shown with a task. */
const LAST_LINES = 10;

/** Tasks. */
export const tasks: Noun<TaskDocument> = {
  noun: "task",
  name: (task) => task.metadata.id,
  isDone: (task) => isFinal(TASK_TRANSITIONS, task.status.state),
  columns: [
    { title: "ID", cell: (task) => task.metadata.id },
    { title: "OPERATION", cell: (task) => task.spec.operation, wide: true },
    { title: "SOURCE", cell: (task) => placeText(task.spec.source) },
    { title: "TARGET", cell: (task) => placeText(task.spec.target) },
    { title: "DIGEST", cell: (task) => task.spec.digest, wide: true },
    { title: "STATE", cell: (task) => task.status.state },
    { title: "PROGRESS", cell: progressText, align: "right" },
    { title: "AGENT", cell: (task) => task.status.agent ?? "" },
    { title: "ATTEMPTS", cell: (task) => String(task.status.attempts), align: "right" },
    { title: "PLACEMENT", cell: (task) => task.status.placement ?? "", wide: true },
    { title: "REASON", cell: reasonText },
  ],
  async *list(controlPlane, settings) {
    const { tasks: service } = controlPlane.services;
    const executionId = nameOf(settings.text("execution") ?? "", "execution");
    const states = settings.list("state").map(stateOf).map(taskStateToMessage);
    let pageToken = "";
    do {
      const page = await controlPlane.ask(service.listTasks.bind(service), { executionId, states, pageSize: 1000, pageToken });
      yield* page.tasks.map(taskDocument);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  },
  async get(controlPlane, id) {
    const { tasks: service } = controlPlane.services;
    return wholeTaskDocument(await controlPlane.ask(service.getTask.bind(service), { id }));
  },
  brief: ({ status: { blobs: _blobs, overAttempts, ...status }, ...task }) => ({
    ...task,
    status: overAttempts === undefined ? status : { ...status, overAttempts: { ...overAttempts, blobs: rungsUsed(overAttempts.blobs) } },
  }),
  async *related(controlPlane, task) {
    const log = await lastLines(controlPlane, task.metadata.id, LAST_LINES);
    if (log !== "")
      yield {
        title: `Log (the last lines; all: transship execution logs ${task.metadata.execution} --task ${task.metadata.id})`,
        text: log,
      };
    const { blobs = [] } = task.status;
    if (blobs.length === 0) return;
    const which = task.status.attempts > 1 ? " of the last attempt" : "";
    const title = blobs.length < MOST_BLOB_REPORTS ? `Blobs${which}` : `Blobs${which} (the ${MOST_BLOB_REPORTS} largest)`;
    yield { title, text: formatTable(blobs, BLOB_COLUMNS, { wide: false }) };
  },
};

function stateOf(text: string): TaskState {
  if (Object.hasOwn(TASK_TRANSITIONS, text)) return text as TaskState;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: "--state",
    why: `${text} is not one of: ${Object.keys(TASK_TRANSITIONS).join(", ")}`,
  });
}

function placeText(place: ArtifactPlace): string {
  return `${place.instance}/${artifactName(place)}`;
}

function progressText(task: TaskDocument): string {
  const { totalBytes, doneBytes } = task.status;
  return totalBytes === 0 ? "" : `${formatBytes(doneBytes)}/${formatBytes(totalBytes)}`;
}

function reasonText(task: TaskDocument): string {
  const { failure, skipReason, note, nextAttemptAt, waiting } = task.status;
  if (waiting !== undefined) return `waiting: ${waiting}`;
  if (failure === undefined) return skipReason ?? note ?? "";
  const next = nextAttemptAt === undefined ? "" : `; next try ${formatAge(nextAttemptAt)}`;
  return `${failure.code}: ${failure.message}${next}`;
}
