import { type AgentPlace, type Candidate, type Instance, type KnownReach, rankForCopy } from "@transship/model";

/** How copies between two instances go now: by one agent, or by two and a relay between them. */
export type Way<A extends AgentPlace> =
  | { readonly by: Candidate<A> }
  | { readonly relay: Instance; readonly first: Candidate<A>; readonly second: Candidate<A> };

/** The way of the nearest agents; undefined where there is none. Whoever reaches both sides comes before any relay. */
export function wayBetween<A extends AgentPlace>(
  agents: readonly A[],
  source: Instance,
  target: Instance,
  relay: Instance | undefined,
  known: KnownReach,
): Way<A> | undefined {
  const [by] = rankForCopy(agents, source, target, known);
  if (by !== undefined) return { by };
  if (relay === undefined) return undefined;
  const [first] = rankForCopy(agents, source, relay, known);
  const [second] = rankForCopy(agents, relay, target, known);
  return first === undefined || second === undefined ? undefined : { relay, first, second };
}
