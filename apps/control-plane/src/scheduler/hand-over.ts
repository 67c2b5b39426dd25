import { overwriteToMessage, type wire } from "@transship/api";
import type { Task } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import { registryAccess } from "../work/registry-access.ts";
import type { OrphanDesk } from "./fail-orphans.ts";
import type { Route } from "./find-routes.ts";

/** Sends a leased task to its agent; back to the queue where the agent's stream has ended. */
export async function handOver(desk: OrphanDesk, agent: AgentSession, task: Task, route: Route): Promise<void> {
  agent.credit -= 1;
  const sent = agent.send({ $case: "assignment", value: assignment(task, route, desk.leaseMs) });
  if (!sent)
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
  else
    desk.log.info({ task: task.id, execution: task.executionId, agent: agent.name, epoch: task.epoch, why: task.placement }, "task leased");
  desk.changes.notify(task.executionId, "state");
}

function assignment(task: Task, { from, to, candidate, siblings }: Route, leaseMs: number): wire.Assignment {
  return {
    lease: { taskId: task.id, epoch: task.epoch },
    leaseMs,
    source: { ...task.source },
    sourceAccess: registryAccess(from, candidate.source),
    target: { ...task.target },
    targetAccess: registryAccess(to, candidate.target),
    digest: task.digest,
    overwrite: overwriteToMessage(task.overwrite),
    attempt: task.attempts,
    bytesSoFar: { ...task.progress.bytes },
    siblings: siblings.map(({ instance, endpoint }) => registryAccess(instance, endpoint)),
    executionId: task.executionId,
  };
}
