import { type Agent, type AgentResource, type AgentState, API_VERSION } from "@transship/model";
import {
  type Agent as AgentMessage,
  type AgentResource as AgentResourceMessage,
  AgentState as AgentStateMessage,
} from "./gen/transship/v1/agent.ts";
import type { InstanceGate, InstanceReach } from "./gen/transship/v1/instance.ts";

const AGENT_STATES = {
  enrolled: AgentStateMessage.ENROLLED,
  online: AgentStateMessage.ONLINE,
  draining: AgentStateMessage.DRAINING,
  offline: AgentStateMessage.OFFLINE,
  revoked: AgentStateMessage.REVOKED,
} as const satisfies Record<AgentState, AgentStateMessage>;

/** What is known of an agent besides what is stored. */
export interface AgentNews {
  /** How it stands with its registries. */
  readonly gates?: readonly InstanceGate[];
  /** Which endpoints it found that it reaches. */
  readonly reach?: readonly InstanceReach[];
  /** What somebody should look after. */
  readonly warnings?: readonly string[];
}

/** A stored agent as a message. */
export function agentToMessage(agent: Agent, running: number, { gates = [], reach = [], warnings = [] }: AgentNews = {}): AgentMessage {
  return {
    name: agent.name,
    region: agent.region,
    border: agent.border ?? "",
    networks: [...agent.networks],
    state: AGENT_STATES[agent.state],
    version: agent.version,
    slots: agent.slots,
    running,
    lastSeenAt: agent.lastSeenAt ?? "",
    createdAt: agent.createdAt,
    gates: [...gates],
    labels: { ...agent.labels },
    host: agent.host,
    warnings: [...warnings],
    reach: [...reach],
  };
}

/** A document of an agent as a message. */
export function agentResourceToMessage({ metadata }: AgentResource): AgentResourceMessage {
  return { name: metadata.name, labels: metadata.labels };
}

/** A message as a document, not yet checked: give it to `parseResource`. */
export function agentResourceFromMessage({ name, labels }: AgentResourceMessage): unknown {
  return { apiVersion: API_VERSION, kind: "Agent", metadata: { name, labels } };
}

/** Undefined for unspecified, and for a state of a newer peer. */
export function agentStateFromMessage(message: AgentStateMessage): AgentState | undefined {
  return (Object.keys(AGENT_STATES) as AgentState[]).find((state) => AGENT_STATES[state] === message);
}
