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
  const tasks = items.flatMap(({ action, source, target, digest, expected, facing, refill = false }): NewTask[] => {
    if (action === "skip") return [];
    const task = { id: taskId(execution, source, target), executionId: execution, source, target, digest, overwrite };
    if (action === "delete") return [{ ...task, operation: action }];
    const via = relay && relayPlace(source, digest, relay);
    // Where rules lead back, agents of every version replace nothing but what the plan saw.
    const guard = facing === undefined ? {} : ({ overwrite: "ours", facing } as const);
    return [{ ...task, operation: action, expected, platforms, refill, via, ...guard }];
  });
  if (tasks.length > 0) await desk.store.tasks.add(tasks, desk.now());
}
