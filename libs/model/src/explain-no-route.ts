import type { AgentPlace } from "./agent.ts";
import type { Instance } from "./instance.ts";
import { endpointFor, rankForCopy } from "./placement.ts";
import { type KnownReach, sharedEndpoints } from "./reach.ts";

/** Agents that are told of; of a large fleet those that come nearest to it. */
const MOST_TOLD = 6;

/**
 * Why no agent can do a copy: agent by agent what it reaches, what not and why, those first that reach one side. `now`: the moment that spans of time are told from.
 */
export function explainNoRoute(agents: readonly AgentPlace[], source: Instance, target: Instance, known: KnownReach, now: Date): string {
  if (agents.length === 0) return "no agent is online";
  const sides = source.name === target.name ? [source] : [source, target];
  const told = agents
    .map((agent) => ({ agent, reached: sides.filter((side) => endpointFor(agent, side, known) !== undefined).length }))
    .sort(
      (a, b) => b.reached - a.reached || closeness(b.agent, sides) - closeness(a.agent, sides) || (a.agent.name < b.agent.name ? -1 : 1),
    );
  const words = told.slice(0, MOST_TOLD).map(({ agent }) => tellAgent(agent, sides, known, now));
  const more = told.length > MOST_TOLD ? `; and ${told.length - MOST_TOLD} more agents` : "";
  const what = sides.length === 1 ? `no agent reaches ${source.name}` : `no agent reaches both ${source.name} and ${target.name}`;
  return `${what}: ${words.join("; ")}${more}`;
}

/** Why no agent can do a copy, and no two of them by way of a relay: the hops that nobody can do. */
export function explainNoWay(
  agents: readonly AgentPlace[],
  source: Instance,
  target: Instance,
  relay: Instance | undefined,
  known: KnownReach,
  now: Date,
): string {
  const direct = explainNoRoute(agents, source, target, known, now);
  if (relay === undefined || agents.length === 0) return direct;
  const hops = [
    [source, relay],
    [relay, target],
  ] as const;
  const broken = hops.filter(([from, to]) => rankForCopy(agents, from, to, known).length === 0);
  return [direct, ...broken.map(([from, to]) => explainNoRoute(agents, from, to, known, now))].join("; by way of the relay ");
}

/** Sides that the agent shares a network with, reached or not. */
function closeness(agent: AgentPlace, sides: readonly Instance[]): number {
  return sides.filter((side) => sharedEndpoints(agent, side).length > 0).length;
}

/** `gz-1 reaches gz (vpc-gz) but not sg: by public no connection in time, for 20 s`. */
function tellAgent(agent: AgentPlace, sides: readonly Instance[], known: KnownReach, now: Date): string {
  const reached: string[] = [];
  const missed: string[] = [];
  for (const side of sides) {
    const endpoint = endpointFor(agent, side, known);
    if (endpoint === undefined) missed.push(`${side.name}: ${whyNot(agent, side, known, now)}`);
    else reached.push(`${side.name} (${endpoint.network})`);
  }
  const first = reached.length === 0 ? "does not reach" : `reaches ${reached.join(" and ")} but not`;
  return `${agent.name} ${first} ${missed.join(", nor ")}`;
}

function whyNot(agent: AgentPlace, side: Instance, known: KnownReach, now: Date): string {
  const tried = sharedEndpoints(agent, side).map(({ network, url }) => {
    const reach = known.of(agent.name, side.name, url);
    return `by ${network} ${reach?.why ?? "no answer"}${spanText(reach?.since, now)}`;
  });
  if (tried.length > 0) return tried.join(" and ");
  const networks = [...new Set(side.spec.endpoints.map(({ network }) => network))].join(", ");
  return `it is in ${agent.networks.join(", ") || "no network"}, and ${side.name} in ${networks}`;
}

/** `, for 20 s`; nothing where the span is not known. */
function spanText(since: number | undefined, now: Date): string {
  const seconds = Math.round((now.getTime() - (since ?? Number.NaN)) / 1000);
  if (!(seconds >= 0)) return "";
  if (seconds < 120) return `, for ${seconds} s`;
  return seconds < 7200 ? `, for ${Math.round(seconds / 60)} min` : `, for ${Math.round(seconds / 3600)} h`;
}
