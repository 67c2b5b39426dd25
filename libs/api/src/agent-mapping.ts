import type { Agent, AgentState } from "@transship/model";
import { type Agent as AgentMessage, AgentState as AgentStateMessage } from "./gen/transship/v1/agent.ts";
import type { InstanceGate, InstanceReach } from "./gen/transship/v1/instance.ts";

const AGENT_STATES = {
  enrolled: AgentStateMessage.ENROLLED,
  online: AgentStateMessage.ONLINE,
  draining: AgentStateMessage.DRAINING,
  offline: AgentStateMessage.OFFLINE,
  revoked: AgentStateMessage.REVOKED,
} as const satisfies Record<AgentState, AgentStateMessage>;

/** A stored agent as a message, with how it stands with its registries, and which of them it reaches. */
export function agentToMessage(
  agent: Agent,
  running: number,
  gates: readonly InstanceGate[] = [],
  reach: readonly InstanceReach[] = [],
): AgentMessage {
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
    reach: [...reach],
  };
}

/** Undefined for unspecified, and for a state of a newer peer. */
export function agentStateFromMessage(message: AgentStateMessage): AgentState | undefined {
  return (Object.keys(AGENT_STATES) as AgentState[]).find((state) => AGENT_STATES[state] === message);
}
