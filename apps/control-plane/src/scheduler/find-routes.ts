import {
  type Candidate,
  type Instance,
  type Rule,
  rankForCopy,
  type SiblingPlace,
  selectAgents,
  selectorText,
  siblingsFor,
} from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";

/** Work that an agent may do: it is among those nearest to the target. */
export interface Route extends WaitingWork {
  readonly from: Instance;
  readonly to: Instance;
  readonly candidate: Candidate<AgentSession>;
  /** Other instances that rules make relatives of source or target, and that the agent may read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** What routes are found in. */
export interface Topology {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly rules: ReadonlyMap<string, Rule>;
}

/** What each agent may do of what waits. */
export function findRoutes(
  ready: AgentSession[],
  waiting: readonly WaitingWork[],
  { instances, rules }: Topology,
): Map<AgentSession, Route[]> {
  const routes = new Map<AgentSession, Route[]>();
  const selectorOf = ({ rule }: WaitingWork) => rules.get(rule)?.spec.agents;
  const keyOf = (work: WaitingWork) => `${work.source} ${work.target} ${selectorText(selectorOf(work) ?? {})}`;
  // Executions share their pairs: each pair is ranked once for the same agents.
  for (const works of Map.groupBy(waiting, keyOf).values()) {
    const from = instances.get(works[0]?.source ?? "");
    const to = instances.get(works[0]?.target ?? "");
    const [first] = works;
    if (from === undefined || to === undefined || first === undefined) continue;
    const candidates = rankForCopy(selectAgents(ready, selectorOf(first)), from, to);
    for (const candidate of candidates.filter(({ rank }) => rank === candidates[0]?.rank)) {
      const siblings = siblingsFor(candidate.agent, from, to, [...rules.values()], instances);
      const own = routes.get(candidate.agent) ?? [];
      own.push(...works.map((work) => ({ ...work, from, to, candidate, siblings })));
      routes.set(candidate.agent, own);
    }
  }
  return routes;
}
