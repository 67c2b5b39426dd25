import type { Execution, Task } from "@transship/model";
import { taskId } from "../ids.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

const PAGE = 1000;

/** Gives an execution the tasks of an earlier one that failed or were cancelled, without listing again; does nothing where it has tasks already. */
export async function repeatTasks(desk: ExecutionDesk, execution: Execution): Promise<void> {
  const { tasks } = await desk.store.executions.get(execution.id);
  if (execution.retryOf === undefined || tasks.total > 0) return;
  let after: string | undefined;
  for (;;) {
    const filter = { executionId: execution.retryOf, states: ["failed", "cancelled"] as const };
    const lost = await desk.store.tasks.list(filter, { limit: PAGE, after });
    await addAgain(desk, execution.id, lost);
    after = lost.at(-1)?.id;
    if (lost.length < PAGE) return;
  }
}

/** Adds copies of tasks to an execution. */
export async function addAgain(desk: ExecutionDesk, execution: string, tasks: readonly Task[]): Promise<void> {
  const again = tasks.map(({ source, target, digest, overwrite, operation, expected, facing, platforms, refill, relay }) => ({
    id: taskId(execution, source, target),
    executionId: execution,
    source,
    target,
    digest,
    overwrite,
    operation,
    expected,
    facing,
    platforms,
    refill,
    via: relay?.place,
  }));
  if (again.length > 0) await desk.store.tasks.add(again, desk.now());
}
