import type { Execution, Failure } from "@transship/model";
import { savedPages } from "../planning/save-plan.ts";
import { addTasks } from "./add-tasks.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/**
 * Gives an execution the items of a saved plan as tasks. Adding them again after a restart adds nothing twice. Returns why part of the work was left out when it was
 * planned; undefined where nothing was.
 */
export async function addSavedItems(desk: ExecutionDesk, execution: Execution, plan: string): Promise<Failure | undefined> {
  const rule = await desk.store.topology.getRunnable(execution.rule);
  const { sums } = await desk.store.plans.get(plan);
  for await (const items of savedPages(desk.store, plan)) await addTasks(desk, execution.id, items, rule.spec);
  await desk.store.executions.planned(execution.id, {
    unchanged: sums.unchanged,
    repositories: sums.repositories,
    conflicts: sums.conflicts ?? 0,
  });
  const { copy, delete: gone, skip, unchanged } = sums;
  desk.executionLog.info(
    execution.id,
    `taken from plan ${plan}: ${copy} to copy, ${gone} to delete, ${skip} skipped, ${unchanged} unchanged`,
    { plan },
  );
  return sums.leftOut;
}
