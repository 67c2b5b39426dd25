import type { LabelledAgent } from "./agent-selector.ts";
import type { AgentState } from "./agent-state.ts";

/** How agents call themselves to registries, before a slash and their version: what tells their pushes from those of others in a registry's events. */
export const AGENT_PRODUCT = "transship-agent";

/** What places an agent: where it is and whom it can reach. */
export interface AgentPlace {
  readonly name: string;
  readonly region: string;
  readonly border: string | undefined;
  /** Networks from which it can reach endpoints. */
  readonly networks: readonly string[];
}

/** An agent as stored. */
export interface Agent extends AgentPlace, LabelledAgent {
  readonly state: AgentState;
  readonly version: string;
  /** How many tasks it runs at once. */
  readonly slots: number;
  /** Name of its machine; empty = not known. */
  readonly host: string;
  /** ISO 8601, UTC; undefined where it was never seen. */
  readonly lastSeenAt: string | undefined;
  readonly createdAt: string;
}

/** What is said of an agent by its name, as stored. */
export interface AgentDocument {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, never>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
