import type { TopologySnapshot } from "../topology/topology-snapshot.ts";
import type { AgentPlaces } from "../work/agent-places.ts";
import type { AgentSession } from "../work/agent-session.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import { ClaimBatch } from "./claim-batch.ts";
import type { SiblingNamer } from "./name-siblings.ts";
import type { Contender } from "./turns.ts";
import type { Ways } from "./ways.ts";

/** What is known while tasks are handed out. */
export interface Round {
  readonly topology: TopologySnapshot;
  readonly places: AgentPlaces;
  readonly ways: Ways;
  readonly siblings: SiblingNamer;
  /** Tasks that each agent has, by its name. */
  readonly held: Map<string, number>;
  /** Tasks that agents have, by execution. */
  readonly running: Map<string, number>;
  /** Executions that had nothing more for an agent. */
  readonly exhausted: Map<AgentSession, Set<string>>;
}

/** Gives tasks to agents until none can take more, or nothing is left for it. */
export async function dealOut(desk: AssignmentDesk, takers: readonly AgentSession[], round: Round): Promise<void> {
  let left = takers;
  while (left.length > 0) left = await dealOnce(desk, left, round);
}

/** With several takers a task each, so that equals share the work; returns those for whom there may be more. */
async function dealOnce(desk: AssignmentDesk, takers: readonly AgentSession[], round: Round): Promise<AgentSession[]> {
  const most = takers.length === 1 ? Number.POSITIVE_INFINITY : 1;
  const batch = new ClaimBatch(desk, round);
  const left: AgentSession[] = [];
  for (const agent of takers) {
    const limit = Math.min(most, agent.credit, agent.slots - (round.held.get(agent.name) ?? 0));
    const contenders = limit > 0 ? contendersFor(agent, round) : [];
    if (contenders.length === 0) continue;
    left.push(agent);
    // Each turn gives all that was claimed, or finds an execution that has less.
    for (const [execution, turns] of desk.turns.deal(contenders, limit)) await batch.add(agent, execution, turns);
  }
  await batch.lease();
  return left;
}

function contendersFor(agent: AgentSession, { topology, ways, running, exhausted }: Round): Contender[] {
  const done = exhausted.get(agent);
  const contenders = new Map<string, Contender>();
  for (const { executionId: execution, rule } of ways.of(agent)) {
    if (contenders.has(execution) || done?.has(execution) === true) continue;
    const priority = topology.rules.get(rule)?.spec.priority ?? 0;
    contenders.set(execution, { execution, rule, priority, running: running.get(execution) ?? 0 });
  }
  return [...contenders.values()];
}
