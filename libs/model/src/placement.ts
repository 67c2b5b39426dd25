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
  // Asked for thousands of agents at every turn of the scheduler: makes no lists.
  let open: Endpoint | undefined;
  for (const endpoint of instance.spec.endpoints) {
    const better = open === undefined || (open.network === PUBLIC_NETWORK && endpoint.network !== PUBLIC_NETWORK);
    if (!better || !agent.networks.includes(endpoint.network)) continue;
    if (known.of(agent.name, instance.name, endpoint.url)?.reached !== false) open = endpoint;
  }
  return open;
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
  const candidates: Ranked<A>[] = [];
  const best = new Map<number, number>();
  for (const agent of agents) {
    const from = endpointFor(agent, source, known);
    const to = from && endpointFor(agent, target, known);
    if (from === undefined || to === undefined) continue;
    const candidate = new Ranked(agent, { instance: source, endpoint: from }, { instance: target, endpoint: to }, known);
    const { rank, roundTripMs } = candidate;
    if (roundTripMs !== undefined) best.set(rank, Math.min(roundTripMs, best.get(rank) ?? roundTripMs));
    candidates.push(candidate);
  }
  for (const candidate of candidates) candidate.rank = finer(candidate.rank, candidate.roundTripMs, best);
  return candidates.sort(byRank);
}

interface End {
  readonly instance: Instance;
  readonly endpoint: Endpoint;
}

/** A candidate that finds its words only when they are asked for: of thousands one or two are. */
class Ranked<A extends AgentPlace> implements Candidate<A> {
  readonly agent: A;
  rank: number;
  readonly roundTripMs: number | undefined;
  readonly #from: End;
  readonly #to: End;
  readonly #known: KnownReach;

  constructor(agent: A, from: End, to: End, known: KnownReach) {
    this.agent = agent;
    this.#from = from;
    this.#to = to;
    this.#known = known;
    this.rank = nearness(agent, to.instance, to.endpoint);
    this.roundTripMs = known.of(agent.name, to.instance.name, to.endpoint.url)?.roundTripMs;
  }

  get source(): Endpoint {
    return this.#from.endpoint;
  }

  get target(): Endpoint {
    return this.#to.endpoint;
  }

  get why(): string {
    const { instance: source } = this.#from;
    const { instance: target } = this.#to;
    const path = `${nearnessText(this.agent, target, this.target)} (${pathText(this.agent, target, this.target, this.#known)})`;
    const rest = source.name === target.name ? "" : `; source ${source.name} by ${pathText(this.agent, source, this.source, this.#known)}`;
    return `agent ${this.agent.name}: ${path}${rest}`;
  }
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

function nearness(agent: AgentPlace, { spec }: Instance, endpoint: Endpoint): number {
  if (endpoint.network !== PUBLIC_NETWORK) return 0;
  if (agent.region === spec.region) return 1;
  return agent.border !== undefined && agent.border === spec.border ? 2 : 3;
}

function nearnessText(agent: AgentPlace, target: Instance, endpoint: Endpoint): string {
  if (agent.region === target.spec.region) return `same region as ${target.name}`;
  if (endpoint.network !== PUBLIC_NETWORK) return `in network ${endpoint.network} of ${target.name}`;
  if (nearness(agent, target, endpoint) === 2) return `inside border ${agent.border} like ${target.name}`;
  return `reaches ${target.name} from region ${agent.region}`;
}

/** `private network vpc-sg, 3 ms`; says so where it is a detour. */
function pathText(agent: AgentPlace, instance: Instance, endpoint: Endpoint, known: KnownReach): string {
  const network = endpoint.network === PUBLIC_NETWORK ? PUBLIC_NETWORK : `private network ${endpoint.network}`;
  const ms = known.of(agent.name, instance.name, endpoint.url)?.roundTripMs;
  const shared = sharedEndpoints(agent, instance);
  // What comes before it would have been taken, had it been reached.
  const avoided = [...new Set(shared.slice(0, shared.indexOf(endpoint)).map((one) => one.network))].filter(
    (one) => one !== endpoint.network,
  );
  const before = avoided.length === 0 ? "" : `, since it does not reach ${avoided.join(", ")}`;
  return `${network}${ms === undefined ? "" : `, ${roundTripText(ms)}`}${before}`;
}

/** `0.4 ms`, `12 ms`. */
export function roundTripText(ms: number): string {
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
}

function byRank<A extends AgentPlace>(a: Candidate<A>, b: Candidate<A>): number {
  return a.rank - b.rank || (a.agent.name < b.agent.name ? -1 : 1);
}
