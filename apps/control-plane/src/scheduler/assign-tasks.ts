import type { Endpoint, Instance, Rule } from "@transship/model";
import type { ClaimedPair } from "@transship/store";
import type { Budgets } from "../budgets/budgets.ts";
import type { AgentSession } from "../work/agent-session.ts";
import type { Desk } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { CappedAgents } from "./capped-agents.ts";
import { failOrphans, type OrphanDesk } from "./fail-orphans.ts";
import { endsOf, findRoutes, type Route } from "./find-routes.ts";
import { handOver } from "./hand-over.ts";
import { SiblingNamer } from "./name-siblings.ts";
import type { Contender, Turns } from "./turns.ts";
import type { WindowWatch } from "./window-watch.ts";

/** What assigning needs. */
export interface AssignmentDesk extends OrphanDesk, Desk {
  readonly agents: ConnectedAgents;
  readonly turns: Turns;
  readonly windows: WindowWatch;
  readonly budgets: Budgets;
  readonly capped: CappedAgents;
}

/** How long a task that came back to the queue is left to the agent that may hold a checkpoint of it, in milliseconds. */
const PREFERENCE_MS = 5_000;

/** Leases waiting tasks to the agents nearest their targets, rules in turn, never beyond the credit that an agent gave. */
export async function assignTasks(desk: AssignmentDesk): Promise<void> {
  const ready = desk.agents.ready();
  const waiting = ready.some((agent) => agent.credit > 0) ? await desk.store.tasks.waitingWork(desk.now()) : [];
  if (waiting.length === 0) return;
  const instances = new Map((await desk.store.topology.listInstances()).map((instance) => [instance.name, instance]));
  const rules = new Map((await desk.store.topology.listRunnables()).map((rule) => [rule.name, rule]));
  await failOrphans(desk, waiting, instances);
  desk.turns.keep(new Set(waiting.map(({ rule }) => rule)));
  desk.capped.keep(new Set(waiting.map(({ executionId }) => executionId)));
  const open = waiting.filter(({ rule }) => desk.windows.isOpen(rules.get(rule), desk.now()));
  const routes = findRoutes(ready, open, { instances, rules, reach: desk.reach });
  const siblings = new SiblingNamer(desk, instances);
  const round: Round = {
    rules,
    siblings,
    running: new Map(open.map(({ executionId, running }) => [executionId, running])),
    exhausted: new Map(),
  };
  const takers = new Set(ready.filter((agent) => agent.credit > 0 && routes.has(agent)));
  // With several takers a task each in turn, so that equals share the work; each turn ends with less credit or fewer takers.
  while (takers.size > 0) {
    const limit = takers.size === 1 ? Number.POSITIVE_INFINITY : 1;
    for (const agent of takers) {
      const given = await giveTasks(desk, agent, routes.get(agent) ?? [], limit, round);
      if (given === 0 || agent.credit === 0) takers.delete(agent);
    }
  }
}

/** What is known while tasks are handed out. */
interface Round {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly siblings: SiblingNamer;
  /** Tasks that agents have, by execution. */
  readonly running: Map<string, number>;
  /** Executions that had nothing more for an agent. */
  readonly exhausted: Map<AgentSession, Set<string>>;
}

/** How many tasks the agent got. */
async function giveTasks(desk: AssignmentDesk, agent: AgentSession, routes: readonly Route[], most: number, round: Round): Promise<number> {
  // A demand may have crossed an assignment on its way: the slots are the bound that cannot be outdated.
  const held = await desk.store.tasks.heldBy(agent.name, agent.home);
  const limit = Math.min(most, agent.credit, agent.slots - held.length);
  const exhausted = round.exhausted.get(agent) ?? new Set();
  round.exhausted.set(agent, exhausted);
  let given = 0;
  // Each pass gives all that is left, or finds an execution that has less than its turns.
  while (given < limit) {
    const contenders = contendersOf(routes, round).filter(({ execution }) => !exhausted.has(execution));
    if (contenders.length === 0) break;
    for (const [execution, turns] of desk.turns.deal(contenders, limit - given)) {
      const own = routes.filter((route) => route.executionId === execution && mayJoin(desk, agent, route));
      const got = own.length === 0 ? 0 : await giveFrom(desk, agent, own, turns, round);
      if (got < turns) exhausted.add(execution);
      given += got;
    }
  }
  return given;
}

/** Whether the agent has a share of the limits at both sides, or there is one left. */
function mayJoin({ budgets, capped, executionLog }: AssignmentDesk, agent: AgentSession, route: Route): boolean {
  const full = endsOf(route).find((instance) => !budgets.mayJoin(agent.name, instance));
  if (full !== undefined) capped.tell(executionLog, route.executionId, agent.name, full);
  return full === undefined;
}

function contendersOf(routes: readonly Route[], { rules, running }: Round): Contender[] {
  const byExecution = new Map(routes.map(({ executionId, rule }) => [executionId, rule]));
  return [...byExecution].map(([execution, rule]) => {
    const priority = rules.get(rule)?.spec.priority ?? 0;
    return { execution, rule, priority, running: running.get(execution) ?? 0 };
  });
}

function claimOf({ executionId, source, target, leg, via, why, from, to, candidate }: Route): ClaimedPair {
  const end = ({ name }: Instance, { url, network }: Endpoint) => ({ instance: name, url, network });
  const path = leg === "target" ? undefined : { source: end(from, candidate.source), target: end(to, candidate.target) };
  return { executionId, source, target, leg, via, placement: why, path };
}

/** Gives tasks of one execution. */
async function giveFrom(desk: AssignmentDesk, agent: AgentSession, routes: readonly Route[], limit: number, round: Round): Promise<number> {
  const rule = round.rules.get(routes[0]?.rule ?? "");
  const leased = await desk.store.tasks.lease(
    {
      agent: agent.name,
      home: agent.home,
      pairs: routes.map(claimOf),
      limit,
      leaseMs: desk.leaseMs,
      preferMs: Math.min(PREFERENCE_MS, desk.leaseMs) + desk.windows.closedMs(rule, desk.now(), PREFERENCE_MS),
      online: desk.agents.ready().map(({ name }) => name),
    },
    desk.now(),
  );
  for (const task of leased) {
    round.running.set(task.executionId, (round.running.get(task.executionId) ?? 0) + 1);
    const route = routes.find((one) => one.source === task.source.instance && one.target === task.target.instance && one.leg === task.leg);
    if (route !== undefined) await handOver(desk, agent, task, route, await round.siblings.name(agent, task, route));
  }
  return leased.length;
}
