import { type Candidate, type Instance, type KnownReach, type Rule, rankForCopy, type SiblingPlace, siblingsFor } from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";

/** Work that an agent may do: it is among those nearest to the target. */
export interface Route extends WaitingWork {
  readonly from: Instance;
  readonly to: Instance;
  readonly candidate: Candidate<AgentSession>;
  /** Other instances that may have the same blobs, for the agent to read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** What routes are found in. */
export interface Topology {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly reach: KnownReach;
}

/** What each agent may do of what waits. */
export function findRoutes(
  ready: AgentSession[],
  waiting: readonly WaitingWork[],
  { instances, rules, reach }: Topology,
): Map<AgentSession, Route[]> {
  const routes = new Map<AgentSession, Route[]>();
  // Executions share their pairs: each pair is ranked once.
  for (const works of Map.groupBy(waiting, ({ source, target }) => `${source} ${target}`).values()) {
    const from = instances.get(works[0]?.source ?? "");
    const to = instances.get(works[0]?.target ?? "");
    if (from === undefined || to === undefined) continue;
    const candidates = rankForCopy(ready, from, to, reach);
    for (const candidate of candidates.filter(({ rank }) => rank === candidates[0]?.rank)) {
      const siblings = siblingsFor(candidate.agent, from, to, [...rules.values()], instances, reach);
      const own = routes.get(candidate.agent) ?? [];
      own.push(...works.map((work) => ({ ...work, from, to, candidate, siblings })));
      routes.set(candidate.agent, own);
    }
  }
  return routes;
}
