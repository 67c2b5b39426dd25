import type { Store } from "@transship/store";
import { Gauge, type Registry } from "prom-client";

/** When each rule succeeded last; one that never did has no value, so that an alert on its age does not fire for new rules. */
export class RuleSuccesses {
  readonly #store: Pick<Store, "topology" | "executions">;
  /** In seconds since 1970; undefined until they are read, which takes two statements a rule. From then on executions tell. */
  #lastAt: Promise<Map<string, number>> | undefined;

  constructor(registry: Registry, store: Pick<Store, "topology" | "executions">) {
    this.#store = store;
    const gauge: Gauge<"rule"> = new Gauge({
      name: "transship_rule_last_success_timestamp_seconds",
      help: "When an execution of the rule succeeded last, in seconds since 1970.",
      labelNames: ["rule"],
      registers: [registry],
      collect: async () => {
        const lastAt = await this.#read();
        gauge.reset();
        for (const { name } of await store.topology.listRules()) {
          const at = lastAt.get(name);
          if (at !== undefined) gauge.set({ rule: name }, at);
        }
      },
    });
  }

  /** An execution of the rule succeeded, at a moment in ISO 8601. */
  succeeded(rule: string, at: string): void {
    void this.#lastAt?.then((lastAt) => lastAt.set(rule, Date.parse(at) / 1000));
  }

  #read(): Promise<Map<string, number>> {
    if (this.#lastAt !== undefined) return this.#lastAt;
    const reading = this.#readAll();
    this.#lastAt = reading;
    reading.catch(() => {
      this.#lastAt = undefined;
    });
    return reading;
  }

  async #readAll(): Promise<Map<string, number>> {
    const lastAt = new Map<string, number>();
    for (const { name } of await this.#store.topology.listRules()) {
      const { lastSuccessAt } = await this.#store.executions.ended(name, 1);
      if (lastSuccessAt !== undefined) lastAt.set(name, Date.parse(lastSuccessAt) / 1000);
    }
    return lastAt;
  }
}
