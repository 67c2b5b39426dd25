import { type AgentPlace, rankForCopy } from "@transship/model";
import type { Store } from "@transship/store";
import { noRoute } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** What looking for a route needs. */
export interface RouteDesk {
  readonly store: Pick<Store, "agents">;
  readonly agents: ConnectedAgents;
  /** Moment of the control plane's start. */
  readonly startedAt: Date;
  /** How long work that was under way waits for an agent, in milliseconds. */
  readonly routePatienceMs: number;
  readonly now: () => Date;
}

/** After a start agents need a moment to come back, in milliseconds; the longest pause of their reconnection is 5 s. */
const RETURN_MS = 10_000;

/**
 * Ends when an agent is there for each copy of a rule. Without one: at once `NO_ROUTE` for new work, unless the control plane has only just started and knows
 * agents that may come back; after `routePatienceMs` for work that was `underWay` before.
 */
export async function waitForRoute(desk: RouteDesk, instances: RuleInstances, underWay: boolean, signal: AbortSignal): Promise<void> {
  const begin = desk.now().getTime();
  let patienceMs = underWay ? desk.routePatienceMs : 0;
  if (!underWay && missing(desk.agents.ready(), instances) !== undefined) {
    const mayReturn = (await desk.store.agents.list()).filter((agent) => agent.state === "offline");
    const sinceStart = begin - desk.startedAt.getTime();
    if (missing(mayReturn, instances) === undefined) patienceMs = Math.min(desk.routePatienceMs, RETURN_MS - sinceStart);
  }
  for (;;) {
    signal.throwIfAborted();
    const ready = desk.agents.ready();
    const target = missing(ready, instances);
    if (target === undefined) return;
    const leftMs = begin + patienceMs - desk.now().getTime();
    if (leftMs <= 0) throw noRoute(ready, instances.source, target);
    await desk.agents.nextToJoin(leftMs, signal);
  }
}

/** The first target that no agent can copy to. */
function missing(agents: readonly AgentPlace[], { source, targets }: RuleInstances) {
  return targets.find(({ instance }) => rankForCopy(agents, source, instance).length === 0)?.instance;
}
