import { type Candidate, type KnownReach, rankForCopy, type SiblingPlace, selectorText } from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { TopologySnapshot } from "../topology/topology-snapshot.ts";
import type { AgentPlaces, Nearest } from "../work/agent-places.ts";
import type { AgentSession } from "../work/agent-session.ts";
import { hopText } from "./hop-text.ts";
import { type Way, Ways } from "./ways.ts";

/** How one agent goes a way. */
export interface Route extends Way {
  readonly candidate: Candidate<AgentSession>;
  /** Why that agent, in one sentence: the candidate's, and which part of the way. */
  readonly why: string;
  /** Other instances that rules make relatives of source or target, and that the agent may read from. */
  readonly siblings: readonly SiblingPlace[];
}

/** A part of the way of works, and who may do it. */
type Leg = Pick<Way, "leg" | "from" | "to"> & {
  readonly works: readonly WaitingWork[];
  readonly nearest: readonly Nearest[];
};

/** What agents may do of what waits. */
export function findWays(places: AgentPlaces, waiting: readonly WaitingWork[], topology: TopologySnapshot): Ways {
  const ways = new Ways();
  const selectorOf = ({ rule }: WaitingWork) => topology.rules.get(rule)?.spec.agents;
  const keyOf = (work: WaitingWork) => `${work.source} ${work.target} ${work.via ?? ""} ${selectorText(selectorOf(work) ?? {})}`;
  // Executions share their pairs: each pair is looked at once for the same agents.
  for (const works of Map.groupBy(waiting, keyOf).values()) {
    const [first] = works;
    const selected = places.selected(first && selectorOf(first));
    for (const { nearest, works: some, leg, from, to } of legsOf(selected, works, topology)) {
      if (nearest.length === 0) continue;
      ways.add(
        selected,
        nearest,
        some.map((work) => ({ ...work, leg, from, to })),
      );
    }
  }
  return ways;
}

/** The whole way where an agent can go it; else the two hops by way of the relay that the tasks have, and deletions at the target alone. */
function legsOf(places: AgentPlaces, works: readonly WaitingWork[], { instances, rules }: TopologySnapshot): Leg[] {
  const [work] = works;
  const from = instances.get(work?.source ?? "");
  const to = instances.get(work?.target ?? "");
  if (from === undefined || to === undefined) return [];
  const whole = places.nearest(from, to);
  if (whole.length > 0) return [{ leg: "whole", from, to, works, nearest: whole }];
  const relayed = works.filter(({ rule }) => rules.get(rule)?.spec.relay !== undefined);
  const deletions: Leg = { leg: "target", from, to, works: relayed, nearest: places.nearest(to, to) };
  const relay = instances.get(work?.via ?? "");
  if (relay === undefined) return [deletions];
  return [
    { leg: "first", from, to: relay, works, nearest: places.nearest(from, relay) },
    { leg: "second", from: relay, to, works, nearest: places.nearest(relay, to) },
    deletions,
  ];
}

/** How an agent goes a way; undefined where it reaches not both ends. `siblings` are looked for when it is handed out. */
export function routeOf(agent: AgentSession, way: Way, reach: KnownReach): Omit<Route, "siblings"> | undefined {
  const { leg, from, to } = way;
  const [candidate] = rankForCopy([agent], leg === "target" ? to : from, to, reach);
  return candidate && { ...way, candidate, why: `${candidate.why}${hopText(leg, from, to)}` };
}
