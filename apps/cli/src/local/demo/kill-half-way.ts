import { setTimeout as sleep } from "node:timers/promises";
import { wire } from "@transship/api";
import type { Call } from "../../command.ts";
import { formatBytes } from "../../quantities.ts";
import { AGENTS, type AgentName, type DemoStage } from "./demo-stage.ts";

const LOOK_MS = 50;
/** Long enough to see that nothing moves while the agent is dead. */
const DEAD_MS = 1000;

/** Kills the agent that copies the big layer when half of it has gone over the link, and starts it again. Ends by itself when the execution does. */
export async function killHalfWay(call: Call, stage: DemoStage, executionId: string, say: (text: string) => void): Promise<void> {
  const { registry, big } = stage.source;
  while (registry.stats.bytesServed(big.digest) < big.size / 2) {
    if (await isOver(stage, executionId)) return;
    await sleep(LOOK_MS, undefined, { signal: call.signal });
  }
  const name = await agentAtWork(stage, executionId);
  if (name === undefined) return;
  await stage.killAgent(name);
  const served = registry.stats.bytesServed(big.digest);
  say(`   >>> kill -9 of ${name}, with ${formatBytes(served)} of the ${formatBytes(big.size)} layer sent`);
  await sleep(DEAD_MS, undefined, { signal: call.signal });
  const pid = await stage.startAgent(name);
  say(`   >>> ${name} started again, pid ${pid}`);
}

/** The agent that has the task with the big layer. */
async function agentAtWork(stage: DemoStage, executionId: string): Promise<AgentName | undefined> {
  const { tasks } = stage.controlPlane.services;
  const states = [wire.TaskState.LEASED, wire.TaskState.COPYING, wire.TaskState.VERIFYING];
  const page = await stage.controlPlane.ask(tasks.listTasks.bind(tasks), { executionId, states, pageSize: 0, pageToken: "" });
  const agent = page.tasks.find((task) => task.source?.repository === "team0/model")?.agent;
  return agent !== undefined && Object.hasOwn(AGENTS, agent) ? (agent as AgentName) : undefined;
}

async function isOver(stage: DemoStage, id: string): Promise<boolean> {
  const { executions } = stage.controlPlane.services;
  const execution = await stage.controlPlane.ask(executions.getExecution.bind(executions), { id });
  return execution.finishedAt !== "";
}
