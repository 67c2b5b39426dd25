export type { Agent } from "./agent.ts";
export type { AgentOptions } from "./agent-options.ts";
export { copyDirect, type DirectCopier, type DirectMeans, type DirectWork, openDirectCopier } from "./direct/copy-direct.ts";
export type { DirectExecution, DirectProgress } from "./direct/direct-execution.ts";
export type { DirectPair } from "./direct/direct-pair.ts";
export { InstanceGates } from "./instance-gates.ts";
export { startAgent } from "./start-agent.ts";
