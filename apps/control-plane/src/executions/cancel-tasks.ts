import type { ExecutionDesk } from "./execution-desk.ts";

/** Cancels what is not finished of an execution; agents are told to stop what they have. */
export async function cancelTasks(desk: ExecutionDesk, execution: string): Promise<void> {
  const { rule } = await desk.store.executions.get(execution);
  for (const held of await desk.store.tasks.cancelAll(execution, desk.now())) {
    if (held.agent !== undefined) {
      desk.agents.get(held.agent)?.send({ $case: "cancel", value: { lease: { taskId: held.id, epoch: held.epoch }, giveBack: false } });
    }
    desk.metrics.taskEnded(rule, await desk.store.tasks.get(held.id));
  }
  desk.changes.notify(execution, "state");
}
