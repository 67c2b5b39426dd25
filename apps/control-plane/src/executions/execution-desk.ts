import type { Store } from "@transship/store";
import type { Logger } from "pino";
import type { Changes } from "../changes.ts";
import type { ExecutionLog } from "../logs/execution-log.ts";
import type { Metrics } from "../metrics.ts";
import type { RouteDesk } from "../planning/wait-for-route.ts";
import type { KnownTopology } from "../topology/known-topology.ts";
import type { WakeUp } from "../wake-up.ts";
import type { Desk } from "../work/ask-nearest.ts";
import type { ReachBoard } from "../work/reach-board.ts";
import type { Rates } from "./rates.ts";

/** What running executions needs. */
export interface ExecutionDesk extends Desk, RouteDesk {
  readonly store: Store;
  readonly reach: ReachBoard;
  readonly topology: KnownTopology;
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly rates: Rates;
  /** Wakes the scheduler. */
  readonly work: WakeUp;
  /** Wakes the telling of webhooks. */
  readonly tidings: WakeUp;
  readonly log: Logger;
  readonly executionLog: ExecutionLog;
}
