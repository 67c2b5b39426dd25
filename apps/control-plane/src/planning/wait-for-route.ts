import { type Agent, type AgentPlace, rankForCopy } from "@transship/model";
import type { Store } from "@transship/store";
import { noRoute } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** What looking for a route needs. */
export interface RouteDesk {
  readonly store: Pick<Store, "agents">;
  readonly agents: ConnectedAgents;
  /** How long work waits for an agent that is expected, in milliseconds. */
  readonly routePatienceMs: number;
  readonly now: () => Date;
}

/** An agent that was heard of so many milliseconds ago or less is expected back: it is being restarted, or its network is down for a moment. */
const EXPECTED_BACK_MS = 10 * 60_000;

/**
 * Ends when an agent is there for each copy of a rule. Without one: `NO_ROUTE`, after `routePatienceMs` where agents that could do it were there lately or the work
 * was `underWay` before, else at once.
 */
export async function waitForRoute(desk: RouteDesk, instances: RuleInstances, underWay: boolean, signal: AbortSignal): Promise<void> {
  const begin = desk.now().getTime();
  let patienceMs = underWay ? desk.routePatienceMs : 0;
  if (!underWay && missingNow(desk.agents, instances) !== undefined) {
    const mayReturn = (await desk.store.agents.list()).filter((agent) => agent.state === "offline" && isExpectedBack(agent, begin));
    if (missing([...desk.agents.ready(), ...mayReturn], instances) === undefined) patienceMs = desk.routePatienceMs;
  }
  for (;;) {
    signal.throwIfAborted();
    const target = missingNow(desk.agents, instances);
    if (target === undefined) return;
    const leftMs = begin + patienceMs - desk.now().getTime();
    if (leftMs <= 0) throw noRoute(desk.agents.ready(), instances.source, target);
    await desk.agents.nextToJoin(leftMs, signal);
  }
}

function isExpectedBack(agent: Agent, now: number): boolean {
  return agent.lastSeenAt !== undefined && now - Date.parse(agent.lastSeenAt) <= EXPECTED_BACK_MS;
}

/** The first target that no agent can copy to at present. */
function missingNow(agents: ConnectedAgents, { source, targets }: RuleInstances) {
  return targets.find(({ instance }) => agents.places().nearest(source, instance).length === 0)?.instance;
}

/** The same, were these the agents. */
function missing(agents: readonly AgentPlace[], { source, targets }: RuleInstances) {
  return targets.find(({ instance }) => rankForCopy(agents, source, instance).length === 0)?.instance;
}
