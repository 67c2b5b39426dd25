import { overwriteToMessage, taskOperationToMessage, type wire } from "@transship/api";
import type { Endpoint, HoldingSibling, Instance, Task } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import { registryAccess } from "../work/registry-access.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import { confirmGone } from "./confirm-gone.ts";
import type { Route } from "./find-routes.ts";
import { endsOf } from "./ways.ts";

/** A route with what may be read from in place of the source. */
type NamedRoute = Omit<Route, "siblings"> & { readonly siblings: readonly HoldingSibling[] };

/** Sends a leased task to its agent, with its shares of the limits and the siblings that may be read from; back to the queue where the agent's stream has ended. */
export async function handOver(desk: AssignmentDesk, agent: AgentSession, task: Task, route: NamedRoute): Promise<void> {
  agent.credit -= 1;
  const { executionId, rule, siblings } = route;
  const [source, target] = endsOf(route);
  const names = siblings.map(({ instance }) => instance.name);
  desk.budgets.begin({ taskId: task.id, agent: agent.name, executionId, rule, source, target, siblings: names });
  agent.broughtTo.add(target);
  const gone = task.operation === "delete" ? await desk.store.tasks.deletedTogether(task) : [];
  const alsoGone = gone.filter((tag) => tag !== task.target.tag);
  // The source may be slow to answer: nobody else waits for it.
  if (route.leg === "target") void confirmAndSend(desk, agent, task, route, alsoGone);
  else await send(desk, agent, task, route, alsoGone);
  desk.changes.notify(task.executionId, "state");
}

/** Never rejects: a store that fails leaves the lease to end by itself. */
async function confirmAndSend(
  desk: AssignmentDesk,
  agent: AgentSession,
  task: Task,
  route: NamedRoute,
  alsoGone: readonly string[],
): Promise<void> {
  const gone = await confirmGone(desk, task, route, alsoGone);
  try {
    if (gone !== undefined) await send(desk, agent, task, route, gone);
  } catch (thrown) {
    desk.log.warn({ err: thrown, task: task.id }, "a deletion was not handed over");
  }
}

async function send(desk: AssignmentDesk, agent: AgentSession, task: Task, route: NamedRoute, alsoGone: readonly string[]): Promise<void> {
  const names = route.siblings.map(({ instance }) => instance.name);
  const sent = agent.send({ $case: "assignment", value: { ...assignment(desk, agent, task, route), alsoGone: [...alsoGone] } });
  if (!sent) {
    desk.budgets.end(task.id);
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
  } else
    desk.executionLog.info(task.executionId, `given to ${task.placement}`, {
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
  route: NamedRoute,
): Omit<wire.Assignment, "alsoGone"> {
  const { from, to, candidate, siblings, leg } = route;
  const access = (instance: Instance, endpoint: Endpoint) => registryAccess(instance, endpoint, budgets.shareOf(agent.name, instance.name));
  return {
    lease: { taskId: task.id, epoch: task.epoch },
    leaseMs,
    source: { ...(leg === "second" && task.relay !== undefined ? task.relay.place : task.source) },
    sourceAccess: leg === "target" ? undefined : access(from, candidate.source),
    target: { ...(leg === "first" && task.relay !== undefined ? task.relay.place : task.target) },
    targetAccess: access(to, candidate.target),
    digest: task.digest,
    // What lies at a relay has a name of its own there: the rule's terms are for the target.
    overwrite: overwriteToMessage(leg === "first" ? "always" : task.overwrite),
    attempt: task.attempts,
    bytesSoFar: { ...task.progress.bytes },
    siblings: siblings.map(({ instance, endpoint }) => access(instance, endpoint)),
    holdings: siblings.flatMap(({ instance, repositories }) => repositories.map((repository) => ({ instance: instance.name, repository }))),
    executionId: task.executionId,
    rule: route.rule,
    operation: taskOperationToMessage(task.operation),
    expected: leg === "first" ? "" : (task.expected ?? ""),
    platforms: [...(task.platforms ?? [])],
    // The relay may have lost parts of what it has a tag of.
    refill: leg === "first" || task.refill,
    sourceGone: leg === "target",
  };
}
