import type { Candidate, Task } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import type { Round } from "./deal-out.ts";
import { candidateFor, routeOf, type Way } from "./find-routes.ts";
import { handOver } from "./hand-over.ts";

/** How long a task that came back to the queue is left to the agent that may hold a checkpoint of it, in milliseconds. */
const PREFERENCE_MS = 5_000;
/** Claims of one transaction: many share its cost, and nobody waits for it longer than some milliseconds. */
const AT_ONCE = 100;

/** An agent's claim on tasks of one execution. */
interface Pending {
  readonly agent: AgentSession;
  readonly execution: string;
  readonly ways: readonly (Way & { readonly candidate: Candidate<AgentSession> })[];
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
    const { places, ways, running } = this.#round;
    const own = (ways.get(places.headOf(agent)) ?? []).filter(({ executionId }) => executionId === execution);
    if (this.#pending.length >= AT_ONCE || own.some((way) => this.#isContested(agent, way))) await this.lease();
    const possible = own.flatMap((way) => {
      const candidate = candidateFor(agent, way);
      return candidate === undefined || !mayJoin(this.#desk, agent, way) ? [] : [{ ...way, candidate }];
    });
    if (possible.length === 0) return this.#exhaust(agent, execution);
    for (const { source, target } of possible) for (const name of [source, target]) this.#claimedBy.set(name, agent);
    running.set(execution, (running.get(execution) ?? 0) + turns);
    this.#pending.push({ agent, execution, ways: possible, turns });
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
    for (const [index, one] of pending.entries()) await this.#give(one, leased[index] ?? []);
  }

  async #give({ agent, execution, ways, turns }: Pending, tasks: readonly Task[]): Promise<void> {
    const { running, held, topology } = this.#round;
    running.set(execution, (running.get(execution) ?? 0) - turns + tasks.length);
    held.set(agent.name, (held.get(agent.name) ?? 0) + tasks.length);
    if (tasks.length < turns) this.#exhaust(agent, execution);
    for (const task of tasks) {
      this.#desk.metrics.taskMoved("leased");
      const way = ways.find(({ source, target }) => source === task.source.instance && target === task.target.instance);
      if (way !== undefined) await handOver(this.#desk, agent, task, routeOf(way, way.candidate, topology));
    }
  }

  #claimOf({ agent, ways, turns }: Pending) {
    const { windows, leaseMs, now } = this.#desk;
    const rule = this.#round.topology.rules.get(ways[0]?.rule ?? "");
    return {
      agent: agent.name,
      pairs: ways.map(({ executionId, source, target, candidate }) => ({ executionId, source, target, placement: candidate.why })),
      limit: turns,
      preferMs: Math.min(PREFERENCE_MS, leaseMs) + windows.closedMs(rule, now(), PREFERENCE_MS),
    };
  }

  #isContested(agent: AgentSession, { source, target }: Way): boolean {
    return [source, target].some((name) => {
      const by = this.#claimedBy.get(name);
      return by !== undefined && by !== agent && this.#desk.budgets.isCapped(name);
    });
  }

  #exhaust(agent: AgentSession, execution: string): void {
    const known = this.#round.exhausted.get(agent) ?? new Set();
    this.#round.exhausted.set(agent, known.add(execution));
  }
}

/** Whether the agent has a share of the limits at both sides, or there is one left. */
function mayJoin({ budgets, capped, executionLog }: AssignmentDesk, agent: AgentSession, { source, target, executionId }: Way): boolean {
  const full = [source, target].find((instance) => !budgets.mayJoin(agent.name, instance));
  if (full !== undefined) capped.tell(executionLog, executionId, agent.name, full);
  return full === undefined;
}
