import type { AgentPlace } from "./agent.ts";
import { type Endpoint, type Instance, PUBLIC_NETWORK } from "./instance.ts";

/** What an agent found at an endpoint when it looked. */
export interface Reach {
  readonly reached: boolean;
  /** Median time from a request to its answer, in milliseconds; undefined = not measured. */
  readonly roundTripMs: number | undefined;
  /** Why it is not reached, in a few words. */
  readonly why: string | undefined;
  /** Since when it is so, in milliseconds since the epoch. */
  readonly since: number;
}

/** What is known of who reaches what. */
export interface KnownReach {
  /** Undefined where the agent has not said: then its networks decide alone. */
  of(agent: string, instance: string, url: string): Reach | undefined;
}

/** Nothing is: networks decide alone. */
export const NO_REACH_KNOWN: KnownReach = { of: () => undefined };

/** Endpoints of an instance in networks that an agent is in: private networks before the public one, else in their order. */
export function sharedEndpoints(agent: Pick<AgentPlace, "networks">, instance: Pick<Instance, "spec">): Endpoint[] {
  const shared = instance.spec.endpoints.filter((endpoint) => agent.networks.includes(endpoint.network));
  const isPublic = (endpoint: Endpoint) => endpoint.network === PUBLIC_NETWORK;
  return [...shared.filter((endpoint) => !isPublic(endpoint)), ...shared.filter(isPublic)];
}

/**
 * How much longer a round trip is than the best, in coarse classes: 0 up to twice the best and 10 ms, then one more with each doubling. Agents of one place, whose
 * times differ by chance, are in one class.
 */
export function roundTripClass(ms: number, bestMs: number): number {
  const near = 2 * bestMs + 10;
  return ms <= near ? 0 : Math.ceil(Math.log2(ms / near));
}
