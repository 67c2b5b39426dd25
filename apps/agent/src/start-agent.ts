import type { Agent } from "./agent.ts";
import type { AgentOptions } from "./agent-options.ts";

/**
 * Starts an agent: see `startAgent` in agent.ts. What speaks to the control plane is loaded here and not before, since copies without a server use this package too and
 * it would be a third of their start.
 * @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`, `DISK_FULL`, `INVALID_ARGUMENT` (plain gRPC beyond loopback).
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const agent = await import("./agent.ts");
  return await agent.startAgent(options);
}
