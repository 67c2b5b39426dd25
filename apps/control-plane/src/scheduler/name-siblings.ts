import {
  type Holder,
  type HoldingSibling,
  holdersFor,
  type Instance,
  type KnownReach,
  MOST_SIBLINGS,
  mayHaveNearer,
  type Task,
} from "@transship/model";
import type { Store } from "@transship/store";
import type { Budgets } from "../budgets/budgets.ts";
import type { TopologySnapshot } from "../topology/topology-snapshot.ts";
import type { AgentSession } from "../work/agent-session.ts";
import type { Route } from "./find-routes.ts";

/** Names, with each task that is handed out, the instances that its agent may read blobs from in place of the source. */
export class SiblingNamer {
  readonly #store: Pick<Store, "arrivals">;
  readonly #budgets: Pick<Budgets, "mayJoin">;
  readonly #reach: KnownReach;
  readonly #topology: TopologySnapshot;

  constructor(
    {
      store,
      budgets,
      reach,
    }: { readonly store: Pick<Store, "arrivals">; readonly budgets: Pick<Budgets, "mayJoin">; readonly reach: KnownReach },
    topology: TopologySnapshot,
  ) {
    this.#store = store;
    this.#budgets = budgets;
    this.#reach = reach;
    this.#topology = topology;
  }

  /** Who is believed to have what a task copies; nobody where the source is as near to the target as any could be. */
  async findHolders({ operation, digest, source }: Task, { from, to }: Pick<Route, "from" | "to">): Promise<readonly Holder[]> {
    if (operation === "delete" || !mayHaveNearer(from, to)) return [];
    return this.#store.arrivals.holders({ digest, source }, this.#topology.inRegion(to.spec.region));
  }

  /**
   * At most `MOST_SIBLINGS`: those that are believed to have what the task copies, with the repositories where; then relatives by rules that this agent had tasks for,
   * so that it may know better than the control plane what they have, and has the access to them anyway. Access goes to an agent for no other reason.
   */
  name(agent: AgentSession, task: Task, route: Route, holders: readonly Holder[]): HoldingSibling[] {
    if (task.operation === "delete") return [];
    const usable = ({ instance }: { readonly instance: Instance }) => this.#budgets.mayJoin(agent.name, instance.name);
    const { from, to } = route;
    const holding = holdersFor(agent, from, to, holders, this.#topology.instances, this.#reach).filter(usable);
    const named = new Set(holding.map(({ instance }) => instance.name));
    const own = route.siblings.filter((sibling) => agent.broughtTo.has(sibling.instance.name) && !named.has(sibling.instance.name));
    return [...holding, ...own.filter(usable).map((sibling) => ({ ...sibling, repositories: [] }))].slice(0, MOST_SIBLINGS);
  }
}
