import { overwriteToMessage, taskOperationToMessage, type wire } from "@transship/api";
import type { Endpoint, HoldingSibling, Instance, Task } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import { registryAccess } from "../work/registry-access.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import type { Route } from "./find-routes.ts";

/** Sends a leased task to its agent, with its shares of the limits and what `siblings` may be read from; back to the queue where the agent's stream has ended. */
export async function handOver(
  desk: AssignmentDesk,
  agent: AgentSession,
  task: Task,
  route: Route,
  siblings: readonly HoldingSibling[],
): Promise<void> {
  agent.credit -= 1;
  const { executionId, rule, source, target } = route;
  const names = siblings.map(({ instance }) => instance.name);
  desk.budgets.begin({ taskId: task.id, agent: agent.name, executionId, rule, source, target, siblings: names });
  agent.broughtTo.add(target);
  const gone = task.operation === "delete" ? await desk.store.tasks.deletedTogether(task) : [];
  const alsoGone = gone.filter((tag) => tag !== task.target.tag);
  const sent = agent.send({ $case: "assignment", value: { ...assignment(desk, agent, task, { ...route, siblings }), alsoGone } });
  if (!sent)
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
  else
    desk.executionLog.info(task.executionId, `given to agent ${agent.name}: ${task.placement}`, {
      task: task.id,
      agent: agent.name,
      attempt: task.attempts,
      epoch: task.epoch,
      siblings: names.length === 0 ? undefined : names.join(", "),
    });
  desk.changes.notify(task.executionId, "state");
}

function assignment(
  { leaseMs, budgets }: AssignmentDesk,
  agent: AgentSession,
  task: Task,
  route: Omit<Route, "siblings"> & { readonly siblings: readonly HoldingSibling[] },
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
    holdings: siblings.flatMap(({ instance, repositories }) => repositories.map((repository) => ({ instance: instance.name, repository }))),
    executionId: task.executionId,
    rule: route.rule,
    operation: taskOperationToMessage(task.operation),
    expected: task.expected ?? "",
    platforms: [...(task.platforms ?? [])],
    refill: task.refill,
  };
}
