import type { AgentPlace } from "./agent.ts";
import { type Endpoint, type Instance, PUBLIC_NETWORK } from "./instance.ts";
import { type KnownReach, NO_REACH_KNOWN, roundTripClass, sharedEndpoints } from "./reach.ts";

/** An agent that can do a copy, and why it is where it is in the order. */
export interface Candidate<A extends AgentPlace> {
  readonly agent: A;
  /** 0 is nearest. Agents of one rank are equally good. */
  readonly rank: number;
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** One sentence for people: the agent, why it, and by which endpoints. */
  readonly why: string;
}

/**
 * The endpoint by which an agent reaches an instance: a private network before the public one, and none that it is known not to reach; undefined where there is none.
 */
export function endpointFor(
  agent: Pick<AgentPlace, "name" | "networks">,
  instance: Pick<Instance, "name" | "spec">,
  known: KnownReach = NO_REACH_KNOWN,
): Endpoint | undefined {
  return sharedEndpoints(agent, instance).find(({ url }) => known.of(agent.name, instance.name, url)?.reached !== false);
}

/**
 * Agents that can reach both instances, nearest the target first: the long leg of a copy is then a download, which can be resumed and cut into ranges.
 * Order: same private network as the target → same region → same border → the rest; among equals by the round trip to the target, in coarse classes.
 */
export function rankForCopy<A extends AgentPlace>(
  agents: readonly A[],
  source: Instance,
  target: Instance,
  known: KnownReach = NO_REACH_KNOWN,
): Candidate<A>[] {
  const candidates = agents.flatMap((agent) => {
    const from = endpointFor(agent, source, known);
    const to = endpointFor(agent, target, known);
    if (from === undefined || to === undefined) return [];
    const roundTripMs = known.of(agent.name, target.name, to.url)?.roundTripMs;
    const { rank, why } = nearness(agent, target, to);
    const path = `${why} (${pathText(agent, target, to, known)})`;
    const rest = source.name === target.name ? "" : `; source ${source.name} by ${pathText(agent, source, from, known)}`;
    return [{ agent, source: from, target: to, rank, roundTripMs, why: `agent ${agent.name}: ${path}${rest}` }];
  });
  const best = new Map<number, number>();
  for (const { rank, roundTripMs } of candidates) {
    if (roundTripMs !== undefined) best.set(rank, Math.min(roundTripMs, best.get(rank) ?? roundTripMs));
  }
  return candidates.map(({ roundTripMs, ...candidate }) => ({ ...candidate, rank: finer(candidate.rank, roundTripMs, best) })).sort(byRank);
}

/** Agents that can reach one instance, nearest first. Used for inventories and connection tests. */
export function rankForInstance<A extends AgentPlace>(
  agents: readonly A[],
  instance: Instance,
  known: KnownReach = NO_REACH_KNOWN,
): Candidate<A>[] {
  return rankForCopy(agents, instance, instance, known);
}

/** Classes of round trips within one rank; the farthest counts like all beyond it. */
const CLASSES = 10;

/** An agent that has not measured yet is taken for one of the nearest: it shares the work. */
function finer(rank: number, roundTripMs: number | undefined, best: ReadonlyMap<number, number>): number {
  const bestMs = best.get(rank);
  if (roundTripMs === undefined || bestMs === undefined) return rank;
  return rank + Math.min(roundTripClass(roundTripMs, bestMs), CLASSES - 1) / CLASSES;
}

function nearness(agent: AgentPlace, target: Instance, endpoint: Endpoint): { rank: number; why: string } {
  const here = agent.region === target.spec.region;
  if (endpoint.network !== PUBLIC_NETWORK) {
    return { rank: 0, why: here ? `same region as ${target.name}` : `in network ${endpoint.network} of ${target.name}` };
  }
  if (here) return { rank: 1, why: `same region as ${target.name}` };
  if (agent.border !== undefined && agent.border === target.spec.border) {
    return { rank: 2, why: `inside border ${agent.border} like ${target.name}` };
  }
  return { rank: 3, why: `reaches ${target.name} from region ${agent.region}` };
}

/** `private network vpc-sg, 3 ms`; says so where it is a detour. */
function pathText(agent: AgentPlace, instance: Instance, endpoint: Endpoint, known: KnownReach): string {
  const network = endpoint.network === PUBLIC_NETWORK ? PUBLIC_NETWORK : `private network ${endpoint.network}`;
  const ms = known.of(agent.name, instance.name, endpoint.url)?.roundTripMs;
  const avoided = sharedEndpoints(agent, instance).find(({ url }) => known.of(agent.name, instance.name, url)?.reached === false);
  const before = avoided === undefined || avoided.network === endpoint.network ? "" : `, since it does not reach ${avoided.network}`;
  return `${network}${ms === undefined ? "" : `, ${roundTripText(ms)}`}${before}`;
}

/** `0.4 ms`, `12 ms`. */
export function roundTripText(ms: number): string {
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}

function byRank<A extends AgentPlace>(a: Candidate<A>, b: Candidate<A>): number {
  return a.rank - b.rank || (a.agent.name < b.agent.name ? -1 : 1);
}
