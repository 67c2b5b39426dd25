import type { Rule } from "@transship/model";
import type { TopologyStore } from "@transship/store";

/** The enabled rules and edges that events start, remembered until rules change: every arrival of every run asks for them. */
export class EventRules {
  readonly #topology: Pick<TopologyStore, "listRunnables">;
  #known: Promise<readonly Rule[]> | undefined;

  constructor(topology: Pick<TopologyStore, "listRunnables">) {
    this.#topology = topology;
  }

  list(): Promise<readonly Rule[]> {
    if (this.#known !== undefined) return this.#known;
    const loading = this.#topology
      .listRunnables()
      .then((rules) => rules.filter(({ spec }) => spec.enabled && spec.triggers?.events === true));
    this.#known = loading;
    // A failure is not remembered.
    loading.catch(() => {
      if (this.#known === loading) this.#known = undefined;
    });
    return loading;
  }

  /** Rules changed. */
  forget(): void {
    this.#known = undefined;
  }
}
