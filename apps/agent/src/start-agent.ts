import type { Agent } from "./agent.ts";
import type { AgentOptions } from "./agent-options.ts";

/**
 * Starts an agent, loading only now what a connected agent needs: copies without a server come through the same door, and do without streams, leases and reports.
 * @throws TransshipError as `startAgent` of `agent.ts`.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const agent = await import("./agent.ts");
  return await agent.startAgent(options);
}
