import { agentStore } from "./agents/agent-store-on-database.ts";
import { arrivalStore } from "./arrivals/arrival-store-on-database.ts";
import type { Database } from "./database.ts";
import { deliveryStore } from "./deliveries/delivery-store-on-database.ts";
import { driftStore } from "./drift/drift-store-on-database.ts";
import { executionStore } from "./executions/execution-store-on-database.ts";
import { logStore } from "./logs/log-store-on-database.ts";
import { pairStore } from "./pairs/pair-store-on-database.ts";
import { planStore } from "./plans/plan-store-on-database.ts";
import type { Store } from "./store.ts";
import { taskStore } from "./tasks/task-store-on-database.ts";
import { topologyStore } from "./topology/topology-store-on-database.ts";
import { triggerStore } from "./triggers/trigger-store-on-database.ts";

/** The store on an open database whose schema is up to date. `close` runs once, when the store is disposed. */
export function storeOn(database: Database, close: () => Promise<void>): Store {
  let closed: Promise<void> | undefined;
  return {
    topology: topologyStore(database),
    agents: agentStore(database),
    executions: executionStore(database),
    tasks: taskStore(database),
    triggers: triggerStore(database),
    arrivals: arrivalStore(database),
    pairs: pairStore(database),
    logs: logStore(database),
    plans: planStore(database),
    deliveries: deliveryStore(database),
    drift: driftStore(database),
    check: () =>
      database.transact(async (tx) => {
        await tx.selectFrom("executions").select("id").limit(1).execute();
      }),
    [Symbol.asyncDispose]: () => {
      closed ??= close();
      return closed;
    },
  };
}
