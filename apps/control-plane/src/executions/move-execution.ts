import { EXECUTION_TRANSITIONS, type Execution, type ExecutionState, type Failure, isFinal } from "@transship/model";
import { executionEvent } from "../events-out/execution-event.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/** Moves an execution to a state, and tells the log, the metrics, those who watch and, of its end, the webhooks. Throws `CONFLICT` for a move that the table forbids. */
export async function moveExecution(desk: ExecutionDesk, id: string, to: ExecutionState, failure?: Failure): Promise<Execution> {
  const execution = await desk.store.executions.advance(id, to, desk.now(), failure, executionEvent);
  const why = failure && { code: failure.code, side: failure.side, why: failure.message };
  desk.log.info({ execution: id, rule: execution.rule, state: to, ...why }, "execution");
  if (isFinal(EXECUTION_TRANSITIONS, to)) {
    desk.metrics.executionEnded(execution.rule, to);
    desk.tidings.wake();
  }
  desk.changes.notify(id, "state");
  return execution;
}
