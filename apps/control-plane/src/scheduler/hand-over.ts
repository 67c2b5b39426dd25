import { overwriteToMessage, taskOperationToMessage, type wire } from "@transship/api";
import type { Endpoint, Instance, Task } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import { registryAccess } from "../work/registry-access.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import type { Route } from "./find-routes.ts";

/** Sends a leased task to its agent, with its shares of the limits; back to the queue where the agent's stream has ended. */
export async function handOver(desk: AssignmentDesk, agent: AgentSession, task: Task, route: Route): Promise<void> {
  agent.credit -= 1;
  const usable = { ...route, siblings: route.siblings.filter(({ instance }) => desk.budgets.mayJoin(agent.name, instance.name)) };
  const { executionId, rule, source, target } = route;
  const siblings = usable.siblings.map(({ instance }) => instance.name);
  desk.budgets.begin({ taskId: task.id, agent: agent.name, executionId, rule, source, target, siblings });
  const gone = task.operation === "delete" ? await desk.store.tasks.deletedTogether(task) : [];
  const alsoGone = gone.filter((tag) => tag !== task.target.tag);
  const sent = agent.send({ $case: "assignment", value: { ...assignment(desk, agent, task, usable), alsoGone } });
  if (!sent) {
    desk.budgets.end(task.id);
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
  } else
    desk.executionLog.info(task.executionId, `given to agent ${agent.name}: ${task.placement}`, {
      task: task.id,
      agent: agent.name,
      attempt: task.attempts,
      epoch: task.epoch,
    });
  desk.changes.notify(task.executionId, "state");
}

function assignment(
  { leaseMs, budgets }: AssignmentDesk,
  agent: AgentSession,
  task: Task,
  route: Route,
): Omit<wire.Assignment, "alsoGone"> {
  const { from, to, candidate, siblings } = route;
  const access = (instance: Instance, endpoint: Endpoint) => registryAccess(instance, endpoint, budgets.shareOf(agent.name, instance.name));
  return {
    lease: { taskId: task.id, epoch: task.epoch },
    leaseMs,
    source: { ...task.source },
    sourceAccess: access(from, candidate.source),
    target: { ...task.target },
    targetAccess: access(to, candidate.target),
    digest: task.digest,
    overwrite: overwriteToMessage(task.overwrite),
    attempt: task.attempts,
    bytesSoFar: { ...task.progress.bytes },
    siblings: siblings.map(({ instance, endpoint }) => access(instance, endpoint)),
    executionId: task.executionId,
    rule: route.rule,
    operation: taskOperationToMessage(task.operation),
    expected: task.expected ?? "",
    platforms: [...(task.platforms ?? [])],
    refill: task.refill,
  };
}
