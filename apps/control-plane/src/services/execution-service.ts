import { setTimeout as delay } from "node:timers/promises";
import { executionStateFromMessage, executionToMessage, type wire } from "@transship/api";
import { EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { Changes } from "../changes.ts";
import type { Executions } from "../executions/executions.ts";
import { readPage } from "./read-page.ts";

/** Failed tasks that are told with an execution, at most. */
const MOST_FAILURES = 100;
/** Shortest time between two messages of a watch, in milliseconds. */
const WATCH_PAUSE_MS = 500;
const USUAL_PAGE = 50;

/** Runs of rules. */
export function executionService(
  { unary, streaming }: Handlers,
  store: Store,
  changes: Changes,
  executions: Executions,
): wire.ExecutionServiceServer {
  return {
    listExecutions: unary(async (request) => {
      const filter = { rule: request.rule === "" ? undefined : request.rule, state: executionStateFromMessage(request.state) };
      const { rows, nextPageToken } = await readPage(request, USUAL_PAGE, (page) => store.executions.list(filter, page));
      return { executions: rows.map((row) => executionToMessage(row)), nextPageToken };
    }),
    getExecution: unary(({ id }) => describe(store, id)),
    watchExecution: streaming(({ id }, signal) => watch(store, changes, id, signal)),
    stopExecution: unary(async ({ id }) => {
      await executions.stop(id);
      return describe(store, id);
    }),
    retryExecution: unary(async ({ id, failedOnly }) => describe(store, (await executions.retry(id, failedOnly)).execution.id)),
  };
}

async function describe(store: Store, id: string): Promise<wire.Execution> {
  const execution = await store.executions.get(id);
  const { failed } = execution.tasks;
  const tasks = failed === 0 ? [] : await store.tasks.list({ executionId: id, states: ["failed"] }, { limit: MOST_FAILURES });
  return executionToMessage(execution, tasks, execution.scoped ? await store.executions.scope(id) : undefined);
}

async function* watch(store: Store, changes: Changes, id: string, signal: AbortSignal): AsyncGenerator<wire.Execution> {
  using watcher = changes.watch(id);
  while (!signal.aborted) {
    const execution = await describe(store, id);
    yield execution;
    const state = executionStateFromMessage(execution.state);
    if (state === undefined || isFinal(EXECUTION_TRANSITIONS, state)) return;
    await watcher.next(signal);
    await delay(WATCH_PAUSE_MS, undefined, { signal });
  }
}
