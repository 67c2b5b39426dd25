import type { AgentState } from "./agent-state.ts";

/** What places an agent: where it is and whom it can reach. */
export interface AgentPlace {
  readonly name: string;
  readonly region: string;
  readonly border: string | undefined;
  /** Networks from which it can reach endpoints. */
  readonly networks: readonly string[];
}

/** An agent as stored. */
export interface Agent extends AgentPlace {
  readonly state: AgentState;
  readonly version: string;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** ISO 8601, UTC; undefined where it was never seen. */
  readonly lastSeenAt: string | undefined;
  readonly createdAt: string;
}
