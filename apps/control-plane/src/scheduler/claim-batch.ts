import type { Endpoint, Holder, Instance, Task } from "@transship/model";
import type { Claim, ClaimedPair } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import type { Round } from "./deal-out.ts";
import { type Route, routeOf } from "./find-routes.ts";
import { handOver } from "./hand-over.ts";
import { endsOf, type Way } from "./ways.ts";

/** How long a task that came back to the queue is left to the agent that may hold a checkpoint of it, in milliseconds. */
const PREFERENCE_MS = 5_000;
/** Claims of one transaction: many share its cost, and nobody waits for it longer than some milliseconds. */
const AT_ONCE = 100;

/** An agent's claim on tasks of one execution. */
interface Pending {
  readonly agent: AgentSession;
  readonly execution: string;
  readonly routes: readonly Omit<Route, "siblings">[];
  readonly turns: number;
}

/** Gathers what agents are to get, leases it together, and hands it over. */
export class ClaimBatch {
  readonly #desk: AssignmentDesk;
  readonly #round: Round;
  #pending: Pending[] = [];
  /** Who claims something of an instance at which only so many agents may work. */
  #claimedBy = new Map<string, AgentSession>();

  constructor(desk: AssignmentDesk, round: Round) {
    this.#desk = desk;
    this.#round = round;
  }

  /** Adds a claim of so many tasks of an execution; leases first what came before, where that decides whether the agent may have any. */
  async add(agent: AgentSession, execution: string, turns: number): Promise<void> {
    const { ways, running } = this.#round;
    const own = ways.of(agent).filter(({ executionId }) => executionId === execution);
    if (this.#pending.length >= AT_ONCE || own.some((way) => this.#isContested(agent, way))) await this.lease();
    const possible = own.flatMap((way) => {
      const route = routeOf(agent, way, this.#desk.reach);
      return route === undefined || !mayJoin(this.#desk, agent, way) ? [] : [route];
    });
    if (possible.length === 0) return this.#exhaust(agent, execution);
    for (const route of possible) for (const name of endsOf(route)) this.#claimedBy.set(name, agent);
    running.set(execution, (running.get(execution) ?? 0) + turns);
    this.#pending.push({ agent, execution, routes: possible, turns });
  }

  /** Leases what was claimed, and sends it to the agents. */
  async lease(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    this.#claimedBy = new Map();
    const { store, agents, leaseMs, now } = this.#desk;
    const claims = pending.map((one) => this.#claimOf(one));
    const leased = await store.tasks.leaseAll(claims, { leaseMs, online: agents.places().names }, now());
    const given = pending.map((one, index) => ({ ...one, tasks: withRoutes(one, leased[index] ?? []) }));
    // All are asked for together: one after the other, each would wait for the store.
    const holders = new Map<Task, readonly Holder[]>();
    await Promise.all(
      given.flatMap(({ tasks }) =>
        tasks.map(async ({ task, route }) => holders.set(task, await this.#round.siblings.findHolders(task, route))),
      ),
    );
    for (const one of given) await this.#give(one, holders);
  }

  async #give(
    { agent, execution, turns, tasks }: Pending & { readonly tasks: readonly RoutedTask[] },
    holders: ReadonlyMap<Task, readonly Holder[]>,
  ): Promise<void> {
    const { running, held, siblings } = this.#round;
    running.set(execution, (running.get(execution) ?? 0) - turns + tasks.length);
    held.set(agent.name, (held.get(agent.name) ?? 0) + tasks.length);
    if (tasks.length < turns) this.#exhaust(agent, execution);
    for (const { task, route } of tasks) {
      this.#desk.metrics.taskMoved("leased");
      const named = siblings.name(agent, task, { ...route, siblings: this.#relativesOf(agent, route) }, holders.get(task) ?? []);
      await handOver(this.#desk, agent, task, { ...route, siblings: named });
    }
  }

  #relativesOf(agent: AgentSession, { leg, from, to }: Way): Route["siblings"] {
    const { places, topology } = this.#round;
    if (leg === "target") return [];
    return topology.siblingsFor(places.groupOf(agent) ?? { head: agent }, from, to, this.#desk.reach);
  }

  #claimOf({ agent, routes, turns }: Pending): Claim {
    const { windows, leaseMs, now } = this.#desk;
    const rule = this.#round.topology.rules.get(routes[0]?.rule ?? "");
    return {
      agent: agent.name,
      home: agent.home,
      pairs: routes.map(claimedPair),
      limit: turns,
      preferMs: Math.min(PREFERENCE_MS, leaseMs) + windows.closedMs(rule, now(), PREFERENCE_MS),
    };
  }

  #isContested(agent: AgentSession, way: Way): boolean {
    return endsOf(way).some((name) => {
      const by = this.#claimedBy.get(name);
      return by !== undefined && by !== agent && this.#desk.budgets.isCapped(name);
    });
  }

  #exhaust(agent: AgentSession, execution: string): void {
    const known = this.#round.exhausted.get(agent) ?? new Set();
    this.#round.exhausted.set(agent, known.add(execution));
  }
}

interface RoutedTask {
  readonly task: Task;
  readonly route: Omit<Route, "siblings">;
}

function withRoutes({ routes }: Pending, tasks: readonly Task[]): RoutedTask[] {
  return tasks.flatMap((task) => {
    const route = routes.find((one) => one.source === task.source.instance && one.target === task.target.instance && one.leg === task.leg);
    return route === undefined ? [] : [{ task, route }];
  });
}

function claimedPair({ executionId, source, target, leg, via, why, from, to, candidate }: Omit<Route, "siblings">): ClaimedPair {
  const end = ({ name }: Instance, { url, network }: Endpoint) => ({ instance: name, url, network });
  const path = leg === "target" ? undefined : { source: end(from, candidate.source), target: end(to, candidate.target) };
  return { executionId, source, target, leg, via, placement: why, path };
}

/** Whether the agent has a share of the limits at both sides, or there is one left. */
function mayJoin({ budgets, capped, executionLog }: AssignmentDesk, agent: AgentSession, way: Way): boolean {
  const full = endsOf(way).find((instance) => !budgets.mayJoin(agent.name, instance));
  if (full !== undefined) capped.tell(executionLog, way.executionId, agent.name, full);
  return full === undefined;
}
