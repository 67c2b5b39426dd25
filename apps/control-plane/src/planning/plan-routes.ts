import type { PlanItem } from "@transship/model";
import type { RouteView } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import { wayBetween } from "./routes.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** Agents and what they reach change while a long plan is made: routes are worked out anew after so many milliseconds. */
const FRESH_MS = 1_000;

/** Who would do each copy of a plan, if it were run now. */
export class PlanRoutes {
  readonly #desk: RouteView & { readonly agents: ConnectedAgents };
  readonly #instances: RuleInstances;
  readonly #routes = new Map<string, string>();
  #at = Number.NEGATIVE_INFINITY;

  constructor(desk: RouteView & { readonly agents: ConnectedAgents }, instances: RuleInstances) {
    this.#desk = desk;
    this.#instances = instances;
  }

  /** One sentence: the nearest agent and by which endpoints it goes, or the two of a relay; empty for what is not copied, and where nobody is there any more. */
  of({ action, target }: PlanItem): string {
    if (action !== "copy") return "";
    const now = this.#desk.now().getTime();
    if (now - this.#at > FRESH_MS) this.#routes.clear();
    if (this.#routes.size === 0) this.#at = now;
    const known = this.#routes.get(target.instance) ?? this.#find(target.instance);
    this.#routes.set(target.instance, known);
    return known;
  }

  #find(name: string): string {
    const { agents, reach } = this.#desk;
    const { source, targets, relay } = this.#instances;
    const target = targets.find(({ instance }) => instance.name === name)?.instance;
    const way = target && wayBetween(agents.ready(), source, target, relay, reach);
    if (way === undefined) return "";
    if ("by" in way) return way.by.why;
    return `in two hops through ${way.relay.name}: ${way.first.agent.name}, then ${way.second.agent.name}`;
  }
}
