import { type Candidate, type Instance, rankForCopy, type SiblingPlace } from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { TopologySnapshot } from "../topology/topology-snapshot.ts";
import type { AgentPlaces } from "../work/agent-places.ts";
import type { AgentSession } from "../work/agent-session.ts";

/** Work that some agents may do: they are those nearest to the target. */
export interface Way extends WaitingWork {
  readonly from: Instance;
  readonly to: Instance;
}

/** How one agent does it. */
export interface Route extends Way {
  readonly candidate: Candidate<AgentSession>;
  /** Other instances that may have the same blobs, for the agent to read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** What the agents of each group may do of what waits, by the head of the group. */
export function findWays(
  places: AgentPlaces,
  waiting: readonly WaitingWork[],
  { instances }: Pick<TopologySnapshot, "instances">,
): Map<AgentSession, Way[]> {
  const ways = new Map<AgentSession, Way[]>();
  for (const work of waiting) {
    const from = instances.get(work.source);
    const to = instances.get(work.target);
    if (from === undefined || to === undefined) continue;
    for (const head of places.nearest(from, to)) {
      const own = ways.get(head);
      if (own === undefined) ways.set(head, [{ ...work, from, to }]);
      else own.push({ ...work, from, to });
    }
  }
  return ways;
}

/** Why the agent may do it, and by which endpoints; undefined where it reaches not both sides. */
export function candidateFor(agent: AgentSession, { from, to }: Way): Candidate<AgentSession> | undefined {
  return rankForCopy([agent], from, to)[0];
}

/** All that the agent needs to know to do it. */
export function routeOf(way: Way, candidate: Candidate<AgentSession>, topology: TopologySnapshot): Route {
  return { ...way, candidate, siblings: topology.siblingsFor(candidate.agent, way.from, way.to) };
}
