import { EDGE_STATES } from "@transship/model";
import { Gauge, type Registry } from "prom-client";
import { type EdgeStores, statusesOfEdges } from "./replications/edge-statuses.ts";
import { together } from "./together.ts";

/** How far each replica is behind, and how many edges are in which state. */
export function gaugeEdges(registry: Registry, stores: EdgeStores): void {
  const labels = ["replication", "replica"] as const;
  const read = together(async () => {
    for (const gauge of [lag, backlog, states]) gauge.reset();
    for (const state of EDGE_STATES) states.set({ state }, 0);
    for await (const { replication, replica, state, lagMs, backlog: waiting } of statusesOfEdges(stores, new Date())) {
      lag.set({ replication, replica }, lagMs / 1000);
      backlog.set({ replication, replica }, waiting);
      states.inc({ state });
    }
  });
  const registers = [registry];
  const lag: Gauge<(typeof labels)[number]> = new Gauge({
    name: "transship_edge_lag_seconds",
    help: "How long the oldest known change that is not at the replica has been waiting; 0 = none.",
    labelNames: labels,
    registers,
    collect: read,
  });
  const backlog: Gauge<(typeof labels)[number]> = new Gauge({
    name: "transship_edge_backlog",
    help: "Artifacts that are known to be on their way to the replica or to wait.",
    labelNames: labels,
    registers,
    collect: read,
  });
  const states: Gauge<"state"> = new Gauge({
    name: "transship_edges",
    help: "Edges of replications by state.",
    labelNames: ["state"],
    registers,
    collect: read,
  });
}
