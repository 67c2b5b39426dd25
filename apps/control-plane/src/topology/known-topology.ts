import type { TopologyStore } from "@transship/store";
import { TopologySnapshot } from "./topology-snapshot.ts";

/**
 * The one place that remembers what is stored of instances, rules and edges: reading ten thousand of them takes a tenth of a second, and the scheduler asks for them at every
 * turn. The store tells when they changed, whoever did it; they are read again when they are asked for next.
 */
export class KnownTopology implements Disposable {
  readonly #store: Pick<TopologyStore, "listInstances" | "listRunnables">;
  readonly #watch: Disposable;
  #known: Promise<TopologySnapshot> | undefined;

  constructor(store: Pick<TopologyStore, "listInstances" | "listRunnables" | "watch">) {
    this.#store = store;
    this.#watch = store.watch(() => this.#forget());
  }

  /** The newest; the same object until something changes. Throws what the store throws. */
  current(): Promise<TopologySnapshot> {
    if (this.#known !== undefined) return this.#known;
    // A change that comes while it is read makes it be read once more.
    const loading = Promise.resolve().then(() => this.#load());
    this.#known = loading;
    loading.catch(() => {
      if (this.#known === loading) this.#known = undefined;
    });
    return loading;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  async #load(): Promise<TopologySnapshot> {
    // Rules first: an instance that is read later may be missing to none of them.
    const rules = await this.#store.listRunnables();
    return new TopologySnapshot(await this.#store.listInstances(), rules);
  }

  #forget(): void {
    this.#known = undefined;
  }
}
