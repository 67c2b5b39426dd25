import { DRIFT_KINDS } from "@transship/model";
import type { Store } from "@transship/store";
import { Gauge, type Registry } from "prom-client";
import { together } from "./together.ts";

/** What the last check of each replica found, and when it was. `name`: the replication or rule. A replica that was never checked has no value. */
export function gaugeDrift(registry: Registry, { drift }: Pick<Store, "drift">): void {
  const labels = ["subject", "name", "replica"] as const;
  const read = together(async () => {
    items.reset();
    checked.reset();
    for (const { subject, replica, checkedAt, ...counts } of await drift.checks()) {
      const where = { subject: subject.kind, name: subject.name, replica };
      for (const kind of DRIFT_KINDS) items.set({ ...where, kind }, counts[kind]);
      checked.set(where, Date.parse(checkedAt) / 1000);
    }
  });
  const items: Gauge<(typeof labels)[number] | "kind"> = new Gauge({
    name: "transship_drift_items",
    help: "Tags that the last check of the replica found missing, different or extra.",
    labelNames: [...labels, "kind"],
    registers: [registry],
    collect: read,
  });
  const checked: Gauge<(typeof labels)[number]> = new Gauge({
    name: "transship_drift_checked_timestamp_seconds",
    help: "When the replica was compared last, in seconds since 1970.",
    labelNames: labels,
    registers: [registry],
    collect: read,
  });
}
