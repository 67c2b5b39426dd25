import { type HoldingSibling, holdersFor, type Instance, type KnownReach, MOST_SIBLINGS, mayHaveNearer, type Task } from "@transship/model";
import type { Store } from "@transship/store";
import type { Budgets } from "../budgets/budgets.ts";
import type { AgentSession } from "../work/agent-session.ts";
import type { Route } from "./find-routes.ts";

/** Names, with each task that is handed out, the instances that its agent may read blobs from in place of the source. */
export class SiblingNamer {
  readonly #store: Pick<Store, "arrivals">;
  readonly #budgets: Pick<Budgets, "mayJoin">;
  readonly #reach: KnownReach;
  readonly #instances: ReadonlyMap<string, Instance>;
  #byRegion: Map<string, string[]> | undefined;

  constructor(
    {
      store,
      budgets,
      reach,
    }: { readonly store: Pick<Store, "arrivals">; readonly budgets: Pick<Budgets, "mayJoin">; readonly reach: KnownReach },
    instances: ReadonlyMap<string, Instance>,
  ) {
    this.#store = store;
    this.#budgets = budgets;
    this.#reach = reach;
    this.#instances = instances;
  }

  /**
   * At most `MOST_SIBLINGS`: those that are believed to have what the task copies, with the repositories where; then relatives by rules that this agent had tasks for,
   * so that it may know better than the control plane what they have, and has the access to them anyway. Access goes to an agent for no other reason.
   */
  async name(agent: AgentSession, task: Task, route: Route): Promise<HoldingSibling[]> {
    if (task.operation === "delete") return [];
    const usable = ({ instance }: { readonly instance: Instance }) => this.#budgets.mayJoin(agent.name, instance.name);
    const holding = (await this.#holding(agent, task, route)).filter(usable);
    const named = new Set(holding.map(({ instance }) => instance.name));
    const own = route.siblings.filter((sibling) => agent.broughtTo.has(sibling.instance.name) && !named.has(sibling.instance.name));
    return [...holding, ...own.filter(usable).map((sibling) => ({ ...sibling, repositories: [] }))].slice(0, MOST_SIBLINGS);
  }

  async #holding(agent: AgentSession, { digest, source }: Task, { from, to }: Route): Promise<HoldingSibling[]> {
    if (!mayHaveNearer(from, to)) return [];
    const holders = await this.#store.arrivals.holders({ digest, source }, this.#inRegion(to.spec.region));
    return holdersFor(agent, from, to, holders, this.#instances, this.#reach);
  }

  #inRegion(region: string): string[] {
    this.#byRegion ??= new Map(
      [...Map.groupBy(this.#instances.values(), ({ spec }) => spec.region)].map(([of, all]) => [of, all.map(({ name }) => name)]),
    );
    return this.#byRegion.get(region) ?? [];
  }
}
