import { asTransshipError, type TransshipError } from "@transship/errors";
import { type Execution, type Failure, outcomeOf } from "@transship/model";
import { safeFailure } from "../logs/failure-facts.ts";
import { cancelTasks } from "./cancel-tasks.ts";
import { copyTasks } from "./copy-tasks.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { moveExecution } from "./move-execution.ts";
import { planTasks } from "./plan-tasks.ts";
import { repeatTasks } from "./repeat-tasks.ts";
import { addSavedItems } from "./run-plan.ts";

/**
 * The life of an execution, from whatever phase it is in: a control plane that was killed goes on here. When `signal` aborts it is left as it is: stopped by
 * the one who aborted, or taken up at the next start. @throws TransshipError where the store does not take what became of it, which says nothing of the execution:
 * it is to be called again.
 */
export async function runExecution(desk: ExecutionDesk, execution: Execution, signal: AbortSignal): Promise<void> {
  try {
    if (execution.state !== "copying") {
      let leftOut: Failure | undefined;
      if (execution.retryOf !== undefined) await repeatTasks(desk, execution);
      else if (execution.plan !== undefined) leftOut = await addSavedItems(desk, execution, execution.plan);
      else leftOut = await planTasks(desk, execution, signal);
      await moveExecution(desk, execution.id, "copying", leftOut);
    }
    await copyTasks(desk, execution.id, signal);
    const { tasks, failure } = await desk.store.executions.get(execution.id);
    signal.throwIfAborted();
    await moveExecution(desk, execution.id, outcomeOf(tasks, failure !== undefined));
  } catch (thrown) {
    if (signal.aborted) return;
    const error = asTransshipError(thrown, `running execution ${execution.id}`);
    if (isOfOurStore(error)) throw error;
    if (error.code === "INTERNAL") desk.log.error({ err: error.cause ?? error, execution: execution.id }, "execution failed unexpectedly");
    await cancelTasks(desk, execution.id);
    await moveExecution(desk, execution.id, "failed", failureOf(error));
  }
}

/** A full disk of the control plane is no fault of what it was to write down. One of an agent has a side. */
function isOfOurStore({ code, side }: TransshipError): boolean {
  return (code === "DISK_FULL" || code === "DATA_DIR_UNUSABLE") && side === undefined;
}

function failureOf(error: TransshipError): Failure {
  const { code, side, message, hint, tried } = error;
  return safeFailure({ code, side, message, hint, ...(tried === undefined ? {} : { tried }) });
}
