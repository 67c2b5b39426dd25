import type { Transitions } from "./state-machine.ts";

/**
 * The life of an agent.
 * - `enrolled`: has a token, was never seen.
 * - `online`: its stream is open. `draining`: finishes what it has, takes nothing new. `offline`: no stream.
 * - `revoked`: its token is no longer accepted.
 */
export const AGENT_TRANSITIONS = {
  enrolled: ["online", "revoked"],
  online: ["draining", "offline", "revoked"],
  draining: ["online", "offline", "revoked"],
  offline: ["online", "draining", "revoked"],
  revoked: [],
} as const satisfies Transitions<string>;

export type AgentState = keyof typeof AGENT_TRANSITIONS;
