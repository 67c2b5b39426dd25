import type { AssignmentDesk } from "./assign-tasks.ts";

/** Sends tasks whose lease ended back to the queue, and tells agents that are connected after all to stop. */
export async function expireLeases({ store, agents, changes, executionLog, now }: AssignmentDesk): Promise<void> {
  for (const task of await store.tasks.expire(now())) {
    const facts = { task: task.id, code: "LEASE_LOST", agent: task.agent, epoch: task.epoch } as const;
    executionLog.warn(task.executionId, `agent ${task.agent} did not renew its lease; the task is back in the queue`, facts);
    const holder = agents.get(task.agent ?? "");
    // Another process of the name, elsewhere, never had it.
    const session = task.home === undefined || holder?.home === undefined || holder.home === task.home ? holder : undefined;
    if (session !== undefined) session.stalled = true;
    session?.send({ $case: "cancel", value: { lease: { taskId: task.id, epoch: task.epoch }, giveBack: false } });
    changes.notify(task.executionId, "state");
  }
}
