import type { Store } from "@transship/store";
import { Gauge, type Registry } from "prom-client";

/** When each rule succeeded last; one that never did has no value, so that an alert on its age does not fire for new rules. */
export function gaugeRules(registry: Registry, { topology, executions }: Pick<Store, "topology" | "executions">): void {
  const gauge: Gauge<"rule"> = new Gauge({
    name: "transship_rule_last_success_timestamp_seconds",
    help: "When an execution of the rule succeeded last, in seconds since 1970.",
    labelNames: ["rule"],
    registers: [registry],
    collect: async () => {
      gauge.reset();
      for (const { name } of await topology.listRunnables()) {
        const { lastSuccessAt } = await executions.ended(name, 1);
        if (lastSuccessAt !== undefined) gauge.set({ rule: name }, Date.parse(lastSuccessAt) / 1000);
      }
    },
  });
}
