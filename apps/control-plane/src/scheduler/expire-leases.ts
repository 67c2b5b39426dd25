import type { AssignmentDesk } from "./assign-tasks.ts";

/** Sends tasks whose lease ended back to the queue, and tells agents that are connected after all to stop. */
export async function expireLeases({ store, agents, changes, log, now }: AssignmentDesk): Promise<void> {
  for (const task of await store.tasks.expire(now())) {
    log.warn({ task: task.id, execution: task.executionId, agent: task.agent, epoch: task.epoch }, "lease ended, task back in the queue");
    const session = task.agent === undefined ? undefined : agents.get(task.agent);
    if (session !== undefined) session.stalled = true;
    session?.send({ $case: "cancel", value: { lease: { taskId: task.id, epoch: task.epoch }, giveBack: false } });
    changes.notify(task.executionId, "state");
  }
}
