import type { Store } from "@transship/store";
import { Gauge, type Registry } from "prom-client";
import type { KnownTopology } from "./topology/known-topology.ts";

/** What telling when rules succeeded needs. */
export interface SuccessDesk {
  readonly topology: Pick<KnownTopology, "current">;
  readonly executions: Pick<Store["executions"], "ended">;
}

/** When each rule succeeded last; one that never did has no value, so that an alert on its age does not fire for new rules. */
export class RuleSuccesses {
  readonly #desk: SuccessDesk;
  /** In seconds since 1970; undefined until they are read, which takes two statements a rule. From then on executions tell. */
  #lastAt: Promise<Map<string, number>> | undefined;

  constructor(registry: Registry, desk: SuccessDesk) {
    this.#desk = desk;
    const gauge: Gauge<"rule"> = new Gauge({
      name: "transship_rule_last_success_timestamp_seconds",
      help: "When an execution of the rule succeeded last, in seconds since 1970.",
      labelNames: ["rule"],
      registers: [registry],
      collect: async () => {
        const lastAt = await this.#read();
        gauge.reset();
        for (const { name } of (await desk.topology.current()).rules.values()) {
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
    for (const { name } of (await this.#desk.topology.current()).rules.values()) {
      const { lastSuccessAt } = await this.#desk.executions.ended(name, 1);
      if (lastSuccessAt !== undefined) lastAt.set(name, Date.parse(lastSuccessAt) / 1000);
    }
    return lastAt;
  }
}
