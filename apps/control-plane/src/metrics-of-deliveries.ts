import type { Store } from "@transship/store";
import { Gauge, type Registry } from "prom-client";

/** Events that wait for each webhook, as the store has them. */
export function gaugeDeliveries(registry: Registry, deliveries: Pick<Store["deliveries"], "states">): void {
  const gauge: Gauge<"webhook"> = new Gauge({
    name: "transship_webhook_deliveries_waiting",
    help: "Events that wait to be told to the webhook.",
    labelNames: ["webhook"],
    registers: [registry],
    collect: async () => {
      const states = await deliveries.states();
      // Webhooks that are gone must not stay as they were.
      gauge.reset();
      for (const [webhook, { waiting }] of states) gauge.set({ webhook }, waiting);
    },
  });
}
