import type { Execution } from "@transship/model";
import { savedPages } from "../planning/save-plan.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { addPlanned } from "./plan-tasks.ts";

/** Gives an execution the items of a saved plan as tasks. Adding them again after a restart adds nothing twice. */
export async function addSavedItems(desk: ExecutionDesk, execution: Execution, plan: string): Promise<void> {
  const rule = await desk.store.topology.getRule(execution.rule);
  const { sums } = await desk.store.plans.get(plan);
  for await (const items of savedPages(desk.store, plan)) await addPlanned(desk, execution.id, { items }, rule.spec.overwrite);
  await desk.store.executions.planned(execution.id, { unchanged: sums.unchanged, repositories: sums.repositories });
}
