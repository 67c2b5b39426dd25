import type { AgentPlace } from "./agent.ts";
import { type Endpoint, type Instance, PUBLIC_NETWORK } from "./instance.ts";

/** An agent that can do a copy, and why it is where it is in the order. */
export interface Candidate<A extends AgentPlace> {
  readonly agent: A;
  /** 0 is nearest. Agents of one rank are equally good. */
  readonly rank: number;
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** One sentence for people. */
  readonly why: string;
}

/** The endpoint by which an agent reaches an instance: a private network before the public one; undefined where they share none. */
export function endpointFor(agent: Pick<AgentPlace, "networks">, instance: Pick<Instance, "spec">): Endpoint | undefined {
  const shared = instance.spec.endpoints.filter((endpoint) => agent.networks.includes(endpoint.network));
  return shared.find((endpoint) => endpoint.network !== PUBLIC_NETWORK) ?? shared[0];
}

/**
 * Agents that can reach both instances, nearest the target first: the long leg of a copy is then a download, which can be resumed and cut into ranges.
 * Order: same private network as the target → same region → same border → the rest.
 */
export function rankForCopy<A extends AgentPlace>(agents: readonly A[], source: Instance, target: Instance): Candidate<A>[] {
  const candidates = agents.flatMap((agent) => {
    const from = endpointFor(agent, source);
    const to = endpointFor(agent, target);
    return from === undefined || to === undefined ? [] : [{ agent, source: from, target: to, ...nearness(agent, target, to) }];
  });
  return candidates.sort(byRank);
}

/** Agents that can reach one instance, nearest first. Used for inventories and connection tests. */
export function rankForInstance<A extends AgentPlace>(agents: readonly A[], instance: Instance): Candidate<A>[] {
  return rankForCopy(agents, instance, instance);
}

/** Why no agent can do a copy, naming the networks on each side. */
export function explainNoRoute(agents: readonly AgentPlace[], source: Instance, target: Instance): string {
  if (agents.length === 0) return "no agent is online";
  const networks = (instance: Instance) => [...new Set(instance.spec.endpoints.map((endpoint) => endpoint.network))].join(", ");
  const known = agents.map((agent) => `${agent.name} (${agent.networks.join(", ")})`).join("; ");
  if (source.name === target.name) return `no agent is in a network of ${source.name} (${networks(source)}); online: ${known}`;
  return `no agent is in a network of ${source.name} (${networks(source)}) and in one of ${target.name} (${networks(target)}); online: ${known}`;
}

function nearness(agent: AgentPlace, target: Instance, endpoint: Endpoint): { rank: number; why: string } {
  if (endpoint.network !== PUBLIC_NETWORK) return { rank: 0, why: `${agent.name} is in network ${endpoint.network} of ${target.name}` };
  if (agent.region === target.spec.region) return { rank: 1, why: `${agent.name} is in region ${agent.region} of ${target.name}` };
  if (agent.border !== undefined && agent.border === target.spec.border) {
    return { rank: 2, why: `${agent.name} is inside border ${agent.border} of ${target.name}` };
  }
  return { rank: 3, why: `${agent.name} reaches ${target.name} from region ${agent.region}` };
}

function byRank<A extends AgentPlace>(a: Candidate<A>, b: Candidate<A>): number {
  return a.rank - b.rank || (a.agent.name < b.agent.name ? -1 : 1);
}
