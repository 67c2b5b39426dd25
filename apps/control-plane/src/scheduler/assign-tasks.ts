import { overwriteToMessage, taskOperationToMessage, type wire } from "@transship/api";
import { type Candidate, type Instance, type Rule, rankForCopy, type SiblingPlace, siblingsFor, type Task } from "@transship/model";
import type { InstancePair } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import { registryAccess } from "../work/registry-access.ts";
import { failOrphans, type OrphanDesk } from "./fail-orphans.ts";

/** What assigning needs. */
export interface AssignmentDesk extends OrphanDesk {
  readonly agents: ConnectedAgents;
}

/** Pairs that an agent may serve: it is among those nearest to the target. */
interface Route extends InstancePair {
  readonly from: Instance;
  readonly to: Instance;
  readonly candidate: Candidate<AgentSession>;
  /** Other instances that may have the same blobs, for the agent to read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** How long a task that came back to the queue is left to the agent that may hold a checkpoint of it, in milliseconds. */
const PREFERENCE_MS = 5_000;

/** Leases waiting tasks to the agents nearest their targets, never beyond the credit that an agent gave. */
export async function assignTasks(desk: AssignmentDesk): Promise<void> {
  const ready = desk.agents.ready();
  const pairs = ready.some((agent) => agent.credit > 0) ? await desk.store.tasks.waitingPairs(desk.now()) : [];
  if (pairs.length === 0) return;
  const instances = new Map((await desk.store.topology.listInstances()).map((instance) => [instance.name, instance]));
  await failOrphans(desk, pairs, instances);
  const routes = findRoutes(ready, pairs, { instances, rules: await desk.store.topology.listRules() });
  const takers = new Set(ready.filter((agent) => agent.credit > 0 && routes.has(agent)));
  // With several takers a task each in turn, so that equals share the work; each turn ends with less credit or fewer takers.
  while (takers.size > 0) {
    const limit = takers.size === 1 ? Number.POSITIVE_INFINITY : 1;
    for (const agent of takers) {
      const given = await giveTasks(desk, agent, routes.get(agent) ?? [], limit);
      if (given === 0 || agent.credit === 0) takers.delete(agent);
    }
  }
}

interface Topology {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly rules: readonly Rule[];
}

function findRoutes(ready: AgentSession[], pairs: readonly InstancePair[], { instances, rules }: Topology): Map<AgentSession, Route[]> {
  const routes = new Map<AgentSession, Route[]>();
  for (const pair of pairs) {
    const from = instances.get(pair.source);
    const to = instances.get(pair.target);
    if (from === undefined || to === undefined) continue;
    const candidates = rankForCopy(ready, from, to);
    for (const candidate of candidates.filter(({ rank }) => rank === candidates[0]?.rank)) {
      const siblings = siblingsFor(candidate.agent, from, to, rules, instances);
      routes.set(candidate.agent, [...(routes.get(candidate.agent) ?? []), { ...pair, from, to, candidate, siblings }]);
    }
  }
  return routes;
}

/** How many tasks the agent got. */
async function giveTasks(desk: AssignmentDesk, agent: AgentSession, routes: readonly Route[], most: number): Promise<number> {
  // A demand may have crossed an assignment on its way: the slots are the bound that cannot be outdated.
  const held = await desk.store.tasks.heldBy(agent.name);
  const limit = Math.min(most, agent.credit, agent.slots - held.length);
  if (limit <= 0) return 0;
  const leased = await desk.store.tasks.lease(
    {
      agent: agent.name,
      pairs: routes.map((route) => ({ source: route.source, target: route.target, placement: route.candidate.why })),
      limit,
      leaseMs: desk.leaseMs,
      preferMs: Math.min(PREFERENCE_MS, desk.leaseMs),
      online: desk.agents.ready().map(({ name }) => name),
    },
    desk.now(),
  );
  for (const task of leased) {
    const route = routes.find((one) => one.source === task.source.instance && one.target === task.target.instance);
    if (route !== undefined) await hand(desk, agent, task, route);
  }
  return leased.length;
}

async function hand(desk: AssignmentDesk, agent: AgentSession, task: Task, route: Route): Promise<void> {
  agent.credit -= 1;
  const gone = task.operation === "delete" ? await desk.store.tasks.deletedTogether(task) : [];
  const alsoGone = gone.filter((tag) => tag !== task.target.tag);
  const sent = agent.send({ $case: "assignment", value: { ...assignment(task, route, desk.leaseMs), alsoGone } });
  if (!sent)
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
  else
    desk.executionLog.info(task.executionId, `given to agent ${agent.name}: ${task.placement}`, {
      task: task.id,
      agent: agent.name,
      attempt: task.attempts,
      epoch: task.epoch,
    });
  desk.changes.notify(task.executionId, "state");
}

function assignment(task: Task, { from, to, candidate, siblings }: Route, leaseMs: number): Omit<wire.Assignment, "alsoGone"> {
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
    operation: taskOperationToMessage(task.operation),
    expected: task.expected ?? "",
    platforms: [...(task.platforms ?? [])],
    refill: task.refill,
  };
}
