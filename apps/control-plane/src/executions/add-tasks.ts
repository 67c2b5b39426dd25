import { type PlanItem, type RuleSpec, relayPlace } from "@transship/model";
import type { NewTask } from "@transship/store";
import { taskId } from "../ids.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/** Gives an execution tasks for what a plan copies or deletes. */
export async function addTasks(
  desk: ExecutionDesk,
  execution: string,
  items: readonly PlanItem[],
  { overwrite, platforms, relay }: Pick<RuleSpec, "overwrite" | "platforms" | "relay">,
): Promise<void> {
  const tasks = items.flatMap(({ action, source, target, digest, expected, refill = false }): NewTask[] => {
    if (action === "skip") return [];
    const task = { id: taskId(execution, source, target), executionId: execution, source, target, digest, overwrite };
    if (action === "delete") return [{ ...task, operation: action }];
    const via = relay && relayPlace(source, digest, relay);
    return [{ ...task, operation: action, expected, platforms, refill, via }];
  });
  if (tasks.length > 0) await desk.store.tasks.add(tasks, desk.now());
}
