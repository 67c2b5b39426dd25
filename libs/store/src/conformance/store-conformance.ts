import { describe } from "vitest";
import { agentConformance } from "./agents.ts";
import { arrivalConformance } from "./arrivals.ts";
import { batchConformance } from "./batches.ts";
import { deliveryConformance } from "./deliveries.ts";
import { driftConformance } from "./drift.ts";
import { executionConformance } from "./executions.ts";
import { historyConformance } from "./history.ts";
import { leaseModelConformance } from "./lease-model.ts";
import { leaseConformance } from "./leases.ts";
import { logConformance } from "./logs.ts";
import { outcomeConformance } from "./outcomes.ts";
import { pairConformance } from "./pairs.ts";
import { planConformance } from "./plans.ts";
import { relayConformance } from "./relays.ts";
import { replicationConformance } from "./replications.ts";
import type { OpenStore } from "./samples.ts";
import { taskConformance } from "./tasks.ts";
import { topologyConformance } from "./topology.ts";
import { triggerConformance } from "./triggers.ts";

/** What every adapter of the store port must pass. `openStore` opens an empty store each time; the suite disposes it. */
export function storeConformance(name: string, openStore: OpenStore): void {
  describe(`store on ${name}`, () => {
    topologyConformance(openStore);
    replicationConformance(openStore);
    agentConformance(openStore);
    executionConformance(openStore);
    historyConformance(openStore);
    planConformance(openStore);
    triggerConformance(openStore);
    deliveryConformance(openStore);
    taskConformance(openStore);
    leaseConformance(openStore);
    outcomeConformance(openStore);
    batchConformance(openStore);
    relayConformance(openStore);
    arrivalConformance(openStore);
    pairConformance(openStore);
    driftConformance(openStore);
    logConformance(openStore);
    leaseModelConformance(openStore);
  });
}
