import { bytesText, EXECUTION_TRANSITIONS, type Execution, type ExecutionState, type Failure, isFinal } from "@transship/model";
import { executionEvent } from "../events-out/execution-event.ts";
import { failureFacts } from "../logs/failure-facts.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/** Moves an execution to a state, and tells the log, the metrics, those who watch and, of its end, the webhooks. Throws `CONFLICT` for a move that the table forbids. */
export async function moveExecution(desk: ExecutionDesk, id: string, to: ExecutionState, failure?: Failure): Promise<Execution> {
  const execution = await desk.store.executions.advance(id, to, desk.now(), failure, executionEvent);
  const final = isFinal(EXECUTION_TRANSITIONS, to);
  const facts = { rule: execution.rule, state: to, ...failureFacts(failure) };
  if (failure !== undefined) desk.executionLog.error(id, `${to}: ${failure.message}`, facts);
  else
    desk.executionLog[to === "partial" || to === "failed" ? "warn" : "info"](
      id,
      final ? await endText(desk, id, to) : `phase ${to}`,
      facts,
    );
  if (final) {
    desk.metrics.executionEnded(execution.rule, to, execution.finishedAt ?? desk.now().toISOString());
    desk.rates.forget(id);
    desk.tidings.wake();
  }
  desk.changes.notify(id, "state");
  return execution;
}

async function endText(desk: ExecutionDesk, id: string, state: ExecutionState): Promise<string> {
  const { tasks, unchanged, bytes } = await desk.store.executions.get(id);
  const named = (["failed", "skipped", "cancelled"] as const).filter((key) => tasks[key] > 0).map((key) => `, ${tasks[key]} ${key}`);
  return `${state}: ${tasks.succeeded} of ${tasks.total} tasks succeeded${named.join("")}, ${unchanged} unchanged, ${bytesText(bytes.copied)} copied`;
}
