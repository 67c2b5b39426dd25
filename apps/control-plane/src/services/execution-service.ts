import { setTimeout as delay } from "node:timers/promises";
import { executionStateFromMessage, executionToMessage, type wire } from "@transship/api";
import { EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import type { Handlers } from "../calls/handlers.ts";
import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { outlookOf } from "../executions/outlook.ts";
import type { LogWriter } from "../logs/log-writer.ts";
import { streamLogs } from "../logs/stream-logs.ts";
import { readPage } from "./read-page.ts";

/** Failed tasks that are told with an execution, at most. */
const MOST_FAILURES = 100;
/** Shortest time between two messages of a watch, in milliseconds. */
const WATCH_PAUSE_MS = 500;
const USUAL_PAGE = 50;

/** What answering needs. */
interface ServiceDesk extends ExecutionDesk {
  readonly logWriter: LogWriter;
}

/** Runs of rules. */
export function executionService({ unary, streaming }: Handlers, desk: ServiceDesk, executions: Executions): wire.ExecutionServiceServer {
  return {
    listExecutions: unary(async (request) => {
      const filter = { rule: request.rule === "" ? undefined : request.rule, state: executionStateFromMessage(request.state) };
      const { rows, nextPageToken } = await readPage(request, USUAL_PAGE, (page) => desk.store.executions.list(filter, page));
      const { rules } = await desk.topology.current();
      const messages = rows.map((row) => executionToMessage(row, [], outlookOf(row, rules.get(row.rule), desk.rates, desk.now())));
      return { executions: messages, nextPageToken };
    }),
    getExecution: unary(({ id }) => describe(desk, id)),
    watchExecution: streaming(({ id }, signal) => watch(desk, id, signal)),
    stopExecution: unary(async ({ id }, who) => {
      await executions.stop(id, who);
      return describe(desk, id);
    }),
    streamLogs: streaming((request, signal) => streamLogs(desk, request, signal)),
    retryExecution: unary(async ({ id, failedOnly }) => describe(desk, (await executions.retry(id, failedOnly)).execution.id)),
  };
}

async function describe({ store, topology, rates, now }: ExecutionDesk, id: string): Promise<wire.Execution> {
  const execution = await store.executions.get(id);
  const { failed } = execution.tasks;
  const tasks = failed === 0 ? [] : await store.tasks.list({ executionId: id, states: ["failed"] }, { limit: MOST_FAILURES });
  const rule = (await topology.current()).rules.get(execution.rule);
  const scope = execution.scoped ? await store.executions.scope(id) : undefined;
  return executionToMessage(execution, tasks, outlookOf(execution, rule, rates, now()), scope);
}

async function* watch(desk: ExecutionDesk, id: string, signal: AbortSignal): AsyncGenerator<wire.Execution> {
  using watcher = desk.changes.watch(id);
  while (!signal.aborted) {
    const execution = await describe(desk, id);
    yield execution;
    const state = executionStateFromMessage(execution.state);
    if (state === undefined || isFinal(EXECUTION_TRANSITIONS, state)) return;
    await watcher.next(signal);
    await delay(WATCH_PAUSE_MS, undefined, { signal });
  }
}
