import type { AgentStore } from "./agent-store.ts";
import type { ArrivalStore } from "./arrival-store.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { DriftStore } from "./drift-store.ts";
import type { ExecutionStore } from "./execution-store.ts";
import type { LogStore } from "./log-store.ts";
import type { PairStore } from "./pair-store.ts";
import type { PlanStore } from "./plan-store.ts";
import type { TaskStore } from "./task-store.ts";
import type { TopologyStore } from "./topology-store.ts";
import type { TriggerStore } from "./trigger-store.ts";

/**
 * The control plane's memory. Asynchronous and free of any dialect: every adapter passes the one conformance suite.
 * Each method is one transaction. Moments come in as arguments; a store has no clock of its own.
 * Throws TransshipErrors: `NOT_FOUND`, `CONFLICT`, `DISK_FULL`, `DATA_DIR_UNUSABLE`.
 */
export interface Store extends AsyncDisposable {
  readonly topology: TopologyStore;
  readonly agents: AgentStore;
  readonly executions: ExecutionStore;
  readonly tasks: TaskStore;
  readonly triggers: TriggerStore;
  readonly arrivals: ArrivalStore;
  readonly pairs: PairStore;
  readonly logs: LogStore;
  readonly plans: PlanStore;
  readonly deliveries: DeliveryStore;
  readonly drift: DriftStore;
  /** Whether the database answers; used by readiness. Throws what is wrong. */
  check(): Promise<void>;
}

/** A page of a list: at most `limit` rows after the one named. */
export interface Page {
  readonly limit: number;
  /** The last id or name of the page before; absent = the first page. */
  readonly after?: string | undefined;
}
