import { setTimeout as sleep } from "node:timers/promises";
import { connectControlPlane } from "@transship/api";
import type { Stage } from "./stage.ts";
import { type ExecutionRow, isOver, StoredTasks } from "./stored-tasks.ts";

/** Nothing is under way for so long: then no hint is on its way inside the control plane either. */
const QUIET_MS = 500;
/** How long events may take that registries send again, once nothing else happens. */
const LATE_EVENTS_MS = 4_000;
const SETTLE_LIMIT_MS = 120_000;

/** How a round came to rest. */
export interface Settled {
  /** Whether the sweep, which finds what a lost event would have told, had something to do. */
  readonly swept: boolean;
}

/**
 * Waits until all processes are up and everything is equal with nothing under way. What is still not equal then, runs of all rules bring over, as their polls would
 * later. @throws Error where it does not come to rest.
 */
export async function settle(stage: Stage, rules: readonly string[], isEqual: () => Promise<boolean>): Promise<Settled> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (const daemon of [stage.controlPlane, ...Object.values(stage.agents)]) {
    // One that ended by itself is told of elsewhere; the round goes on without its fault.
    if (!daemon.isRunning) daemon.launch();
    await daemon.untilReady();
  }
  await untilQuiet(stage, rules, deadline);
  for (const late = performance.now() + LATE_EVENTS_MS; performance.now() < late; await sleep(100)) {
    if (!(await isEqual())) continue;
    await untilQuiet(stage, rules, deadline);
    if (await isEqual()) return { swept: false };
  }
  // In the order of the rules, so that what the first brings is there for the second.
  for (const rule of rules) {
    await run(stage, rule);
    await untilQuiet(stage, rules, deadline);
  }
  return { swept: true };
}

async function untilQuiet(stage: Stage, rules: readonly string[], deadline: number): Promise<void> {
  let quietSince: number | undefined;
  for (; ; await sleep(50)) {
    const busy = executionsOf(stage, rules).filter((execution) => !isOver(execution));
    const now = performance.now();
    quietSince = busy.length > 0 ? undefined : (quietSince ?? now);
    if (quietSince !== undefined && now - quietSince >= QUIET_MS) return;
    if (now > deadline) throw new Error(`not at rest after ${SETTLE_LIMIT_MS / 1000} s: ${JSON.stringify(busy)}`);
  }
}

function executionsOf(stage: Stage, rules: readonly string[]): ExecutionRow[] {
  using stored = new StoredTasks(stage.path("control-plane", "control-plane.db"));
  return stored.executions(rules);
}

async function run(stage: Stage, name: string): Promise<void> {
  using client = connectControlPlane({ address: stage.server, insecure: true });
  await new Promise<void>((done, fail) => {
    client.rules.runRule({ name }, client.metadata, (error) => (error === null ? done() : fail(error)));
  });
}
