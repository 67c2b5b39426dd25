import {
  type Candidate,
  type Instance,
  type KnownReach,
  type Rule,
  rankForCopy,
  type SiblingPlace,
  selectAgents,
  selectorText,
  siblingsFor,
  type TaskLeg,
} from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";
import { hopText } from "./hop-text.ts";

/** Work that an agent may do: it is among those nearest to where the leg ends. */
export interface Route extends WaitingWork {
  /** The part of the way. */
  readonly leg: TaskLeg;
  /** The two ends of the leg: those of the task, or one of them and the relay. */
  readonly from: Instance;
  readonly to: Instance;
  readonly candidate: Candidate<AgentSession>;
  /** Why that agent, in one sentence: the candidate's, and which part of the way. */
  readonly why: string;
  /** Other instances that rules make relatives of source or target, and that the agent may read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** The two instances that the agent of a route talks to. */
export function endsOf({ leg, from, to }: Pick<Route, "leg" | "from" | "to">): [source: string, target: string] {
  return [leg === "target" ? to.name : from.name, to.name];
}

/** What routes are found in. */
export interface Topology {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly reach: KnownReach;
}

/** A part of the way of works, and who may do it. */
type Leg = Pick<Route, "leg" | "from" | "to"> & {
  readonly works: readonly WaitingWork[];
  readonly candidates: readonly Candidate<AgentSession>[];
};

/** What each agent may do of what waits. */
export function findRoutes(ready: AgentSession[], waiting: readonly WaitingWork[], topology: Topology): Map<AgentSession, Route[]> {
  const { instances, rules, reach } = topology;
  const routes = new Map<AgentSession, Route[]>();
  const selectorOf = ({ rule }: WaitingWork) => rules.get(rule)?.spec.agents;
  const keyOf = (work: WaitingWork) => `${work.source} ${work.target} ${work.via ?? ""} ${selectorText(selectorOf(work) ?? {})}`;
  // Executions share their pairs: each pair is ranked once for the same agents.
  for (const works of Map.groupBy(waiting, keyOf).values()) {
    const [first] = works;
    const selected = first === undefined ? [] : selectAgents(ready, selectorOf(first));
    for (const { candidates, works: some, leg, from, to } of legsOf(selected, works, topology)) {
      for (const candidate of candidates.filter(({ rank }) => rank === candidates[0]?.rank)) {
        const siblings = leg === "target" ? [] : siblingsFor(candidate.agent, from, to, [...rules.values()], instances, reach);
        const why = `${candidate.why}${hopText(leg, from, to)}`;
        const own = routes.get(candidate.agent) ?? [];
        own.push(...some.map((work) => ({ ...work, leg, from, to, candidate, why, siblings })));
        routes.set(candidate.agent, own);
      }
    }
  }
  return routes;
}

/** The whole way where an agent can go it; else the two hops by way of the relay that the tasks have, and deletions at the target alone. */
function legsOf(ready: AgentSession[], works: readonly WaitingWork[], { instances, rules, reach }: Topology): Leg[] {
  const [work] = works;
  const from = instances.get(work?.source ?? "");
  const to = instances.get(work?.target ?? "");
  if (from === undefined || to === undefined) return [];
  const whole = rankForCopy(ready, from, to, reach);
  if (whole.length > 0) return [{ leg: "whole", from, to, works, candidates: whole }];
  const relayed = works.filter(({ rule }) => rules.get(rule)?.spec.relay !== undefined);
  const deletions: Leg = { leg: "target", from, to, works: relayed, candidates: rankForCopy(ready, to, to, reach) };
  const relay = instances.get(work?.via ?? "");
  if (relay === undefined) return [deletions];
  return [
    { leg: "first", from, to: relay, works, candidates: rankForCopy(ready, from, relay, reach) },
    { leg: "second", from: relay, to, works, candidates: rankForCopy(ready, relay, to, reach) },
    deletions,
  ];
}
