import { taskStateFromMessage, taskToMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Task, TaskState } from "@transship/model";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { Executions } from "../executions/executions.ts";
import { explainNoTaker, explainWaiting, type WaitingDesk } from "../work/explain-waiting.ts";
import { readPage } from "./read-page.ts";

const USUAL_PAGE = 100;

/** Tasks: one artifact each. */
export function taskService(
  { unary }: Handlers,
  desk: WaitingDesk & { readonly store: Store },
  executions: Executions,
): wire.TaskServiceServer {
  const { store } = desk;
  const describe = (task: Task) => taskToMessage(task, explainWaiting(task, desk.gates, desk.now()));
  return {
    listTasks: unary(async (request) => {
      const filter = { executionId: request.executionId === "" ? undefined : request.executionId, states: readStates(request.states) };
      const { rows, nextPageToken } = await readPage(request, USUAL_PAGE, (page) => store.tasks.list(filter, page));
      return { tasks: rows.map(describe), nextPageToken };
    }),
    getTask: unary(async ({ id }) => {
      const task = await store.tasks.get(id);
      return taskToMessage(task, (await explainNoTaker(desk, task)) || explainWaiting(task, desk.gates, desk.now()));
    }),
    retryTask: unary(async ({ id }) => ({ executionId: (await executions.retryTask(id)).execution.id })),
  };
}

/** Undefined for no filter. A state that is not known is refused: leaving it out would answer another question. */
function readStates(messages: readonly wire.TaskState[]): TaskState[] | undefined {
  if (messages.length === 0) return undefined;
  return messages.map((message) => {
    const state = taskStateFromMessage(message);
    if (state === undefined)
      throw new TransshipError("INVALID_ARGUMENT", { what: `task state ${message}`, why: "this version does not know it" });
    return state;
  });
}
