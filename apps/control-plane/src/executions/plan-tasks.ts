import { TransshipError } from "@transship/errors";
import type { Execution, Rule } from "@transship/model";
import type { NewTask } from "@transship/store";
import { taskId } from "../ids.ts";
import { type PlannedBefore, type PlannedPage, planPages } from "../planning/plan-pages.ts";
import { type RuleInstances, ruleInstances } from "../planning/rule-instances.ts";
import { waitForRoute } from "../planning/wait-for-route.ts";
import { AgentGone } from "../work/questions.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { moveExecution } from "./move-execution.ts";

/** Times that an inventory starts again because the agent that took it vanished. */
const MOST_INVENTORIES = 20;

/**
 * Phases `inventory` and `planning`: lists both sides and turns what differs into tasks. Tasks may start as soon as their page is planned, so that a long
 * listing delays nothing. Begins again from the start after a restart or when the agent that lists vanishes: tasks that are there are not added twice.
 */
export async function planTasks(desk: ExecutionDesk, execution: Execution, signal: AbortSignal): Promise<void> {
  let current = execution.state === "queued" ? await moveExecution(desk, execution.id, "inventory") : execution;
  for (let inventory = 1; ; inventory++) {
    const again = inventory > 1 || execution.state !== "queued";
    try {
      await planOnce(desk, current, again, signal);
      return;
    } catch (thrown) {
      if (!(thrown instanceof RouteLost)) throw thrown;
      if (signal.aborted || inventory >= MOST_INVENTORIES) throw thrown.cause;
      desk.log.warn({ execution: execution.id, reason: String(thrown.cause) }, "an agent vanished, the inventory starts again");
      current = await desk.store.executions.get(execution.id);
    }
  }
}

async function planOnce(desk: ExecutionDesk, execution: Execution, again: boolean, signal: AbortSignal): Promise<void> {
  const rule = await desk.store.topology.getRule(execution.rule);
  const instances = await ruleInstances(desk.store.topology, rule);
  await waitForRoute(desk, instances, again, signal);
  try {
    await takeInventory(desk, execution, rule, instances, again, signal);
  } catch (thrown) {
    const lost = thrown instanceof AgentGone || (thrown instanceof TransshipError && thrown.code === "NO_ROUTE");
    throw lost ? new RouteLost("an agent vanished", { cause: thrown }) : thrown;
  }
}

/** An agent was there when the inventory began, and is not any more. */
class RouteLost extends Error {}

async function takeInventory(
  desk: ExecutionDesk,
  execution: Execution,
  rule: Rule,
  instances: RuleInstances,
  again: boolean,
  signal: AbortSignal,
): Promise<void> {
  const plannedBefore = again ? await tasksOf(desk, execution.id) : undefined;
  const scope = await desk.store.executions.scope(execution.id);
  const pages = planPages(desk, rule, instances, signal, plannedBefore, scope);
  let unchanged = 0;
  let repositories = 0;
  let planning = execution.state === "planning";
  const begin = async () => {
    if (!planning) await moveExecution(desk, execution.id, "planning");
    planning = true;
  };
  for await (const page of pages) {
    await begin();
    unchanged += page.unchanged;
    repositories = page.repositories;
    await addTasks(desk, execution.id, page, rule.spec.overwrite);
    signal.throwIfAborted();
    await desk.store.executions.planned(execution.id, { unchanged, repositories });
    desk.changes.notify(execution.id, "progress");
    desk.work.wake();
  }
  await begin();
}

async function addTasks(desk: ExecutionDesk, execution: string, page: PlannedPage, overwrite: NewTask["overwrite"]): Promise<void> {
  const tasks = page.items.flatMap(({ action, source, target, digest }): NewTask[] =>
    action === "skip" ? [] : [{ id: taskId(execution, source, target), executionId: execution, source, target, digest, overwrite }],
  );
  if (tasks.length > 0) await desk.store.tasks.add(tasks, desk.now());
}

const PAGE = 1000;

/** Knows the tasks that an execution has: what an earlier inventory planned is not counted as unchanged once it is copied. */
async function tasksOf(desk: ExecutionDesk, execution: string): Promise<PlannedBefore> {
  const ids = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const tasks = await desk.store.tasks.list({ executionId: execution }, { limit: PAGE, after });
    for (const task of tasks) ids.add(task.id);
    after = tasks.at(-1)?.id;
    if (tasks.length < PAGE) return (source, target) => ids.has(taskId(execution, source, target));
  }
}
