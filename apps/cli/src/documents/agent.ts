import { agentStateFromMessage, type wire } from "@transship/api";
import type { AgentState } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type GateDocument, gateDocument } from "./gate.ts";
import { type ReachDocument, reachDocument } from "./reach.ts";

/** An agent as JSON has it. */
export interface AgentDocument extends Document {
  readonly kind: "Agent";
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly createdAt?: string };
  readonly spec: { readonly region: string; readonly border?: string; readonly networks: readonly string[]; readonly slots: number };
  readonly status: {
    readonly state: AgentState;
    readonly running: number;
    readonly version?: string;
    readonly lastSeenAt?: string;
    /** Name of its machine. */
    readonly host?: string;
    /** What somebody should look after. */
    readonly warnings: readonly string[];
    /** How it stands with the registries that it talks to; empty while it is not connected. */
    readonly gates: readonly GateDocument[];
    /** Which endpoints it reaches, as far as it looked; empty in lists. */
    readonly reach: readonly ReachDocument[];
  };
}

/** An agent of the wire as JSON. */
export function agentDocument(message: wire.Agent): AgentDocument {
  return {
    apiVersion: "transship/v1",
    kind: "Agent",
    metadata: { name: message.name, labels: message.labels, ...present({ createdAt: message.createdAt }) },
    spec: { region: message.region, ...present({ border: message.border }), networks: message.networks, slots: message.slots },
    status: {
      state: agentStateFromMessage(message.state) ?? "offline",
      running: message.running,
      ...present({ version: message.version, lastSeenAt: message.lastSeenAt, host: message.host }),
      warnings: message.warnings,
      gates: message.gates.map(gateDocument),
      reach: message.reach.map(reachDocument),
    },
  };
}
