import {
  type Agent,
  type AgentPlace,
  type AgentSelector,
  type Instance,
  type KnownReach,
  type LabelledAgent,
  selectAgents,
} from "@transship/model";
import type { Store } from "@transship/store";
import { noRoute, type RouteView } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { ReachBoard } from "../work/reach-board.ts";
import { wayBetween } from "./routes.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** What looking for a route needs. */
export interface RouteDesk extends RouteView {
  readonly store: Pick<Store, "agents">;
  readonly agents: ConnectedAgents;
  /** How long work waits for an agent that is expected, in milliseconds. */
  readonly routePatienceMs: number;
  /** The only agents that count; absent = any. */
  readonly selector?: AgentSelector | undefined;
  readonly reach: ReachBoard;
}

/** An agent that was heard of, or reached a registry, so many milliseconds ago or less is expected back: it is being restarted, or a network is down for a moment. */
const EXPECTED_BACK_MS = 10 * 60_000;

/**
 * Ends when an agent is there for each copy of a rule. Without one: `NO_ROUTE`, after `routePatienceMs` where agents that could do it were there lately, reached both
 * sides lately, or are there and hang, or the work was `underWay` before; else at once.
 */
export async function waitForRoute(desk: RouteDesk, instances: RuleInstances, underWay: boolean, signal: AbortSignal): Promise<void> {
  const begin = desk.now().getTime();
  let patienceMs = underWay ? desk.routePatienceMs : 0;
  if (!underWay && missingNow(desk, instances) !== undefined) {
    const away = (await desk.store.agents.list()).filter((agent) => agent.state === "offline" && isExpectedBack(agent, begin));
    const mayReturn = [...away, ...desk.agents.stalled()];
    const mayReach = desk.reach.forgiving(EXPECTED_BACK_MS, desk.now());
    if (missing(desk, [...desk.agents.ready(), ...mayReturn], instances, mayReach) === undefined) patienceMs = desk.routePatienceMs;
  }
  for (;;) {
    signal.throwIfAborted();
    const target = missingNow(desk, instances);
    if (target === undefined) return;
    const leftMs = begin + patienceMs - desk.now().getTime();
    if (leftMs <= 0) throw noRoute(desk, instances.source, target, { relay: instances.relay });
    await desk.agents.nextReady(leftMs, signal);
  }
}

function isExpectedBack(agent: Agent, now: number): boolean {
  return agent.lastSeenAt !== undefined && now - Date.parse(agent.lastSeenAt) <= EXPECTED_BACK_MS;
}

/** The first target that no agent can copy to at present. */
function missingNow({ agents, selector }: RouteDesk, { source, targets, relay }: RuleInstances) {
  const places = agents.places().selected(selector);
  const goes = (from: Instance, to: Instance) => places.nearest(from, to).length > 0;
  const relays = (to: Instance) => relay !== undefined && goes(source, relay) && goes(relay, to);
  return targets.find(({ instance }) => !goes(source, instance) && !relays(instance))?.instance;
}

/** The same, were these the agents, and this known of what they reach. */
function missing(
  { selector }: RouteDesk,
  agents: readonly (AgentPlace & LabelledAgent)[],
  { source, targets, relay }: RuleInstances,
  known: KnownReach,
) {
  const selected = selectAgents(agents, selector);
  return targets.find(({ instance }) => wayBetween(selected, source, instance, relay, known) === undefined)?.instance;
}
