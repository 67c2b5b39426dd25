import { asTransshipError, TransshipError } from "@transship/errors";
import { artifactName, type Execution, type Failure, type Rule, type ScopeEntry } from "@transship/model";
import { taskId } from "../ids.ts";
import { FoundConflicts } from "../planning/found-conflicts.ts";
import type { DeletionGround } from "../planning/plan-deletions.ts";
import { type PlannedBefore, type PlannedPage, planPages } from "../planning/plan-pages.ts";
import { type RuleInstances, ruleInstances } from "../planning/rule-instances.ts";
import { waitForRoute } from "../planning/wait-for-route.ts";
import { AgentGone } from "../work/questions.ts";
import { addTasks } from "./add-tasks.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { keepPairs } from "./keep-pairs.ts";
import { moveExecution } from "./move-execution.ts";
import { planDeletionTasks } from "./plan-deletion-tasks.ts";

/** Times that an inventory starts again because the agent that took it vanished. */
const MOST_INVENTORIES = 20;

/**
 * Phases `inventory` and `planning`: lists both sides and turns what differs into tasks. Tasks may start as soon as their page is planned, so that a long
 * listing delays nothing; deletions are planned only when it has ended. Begins again from the start after a restart or when the agent that lists vanishes: tasks that are there are not added twice.
 * Returns why part of the work was left out; undefined where nothing was.
 */
export async function planTasks(desk: ExecutionDesk, execution: Execution, signal: AbortSignal): Promise<Failure | undefined> {
  let current = execution.state === "queued" ? await moveExecution(desk, execution.id, "inventory") : execution;
  for (let inventory = 1; ; inventory++) {
    const again = inventory > 1 || execution.state !== "queued";
    try {
      return await planOnce(desk, current, again, signal);
    } catch (thrown) {
      if (!(thrown instanceof RouteLost)) throw thrown;
      if (signal.aborted || inventory >= MOST_INVENTORIES) throw thrown.cause;
      const { code, message } = asTransshipError(thrown.cause);
      desk.executionLog.warn(execution.id, `the inventory starts again: ${message}`, { code, inventory });
      current = await desk.store.executions.get(execution.id);
    }
  }
}

async function planOnce(anyDesk: ExecutionDesk, execution: Execution, again: boolean, signal: AbortSignal): Promise<Failure | undefined> {
  const rule = await anyDesk.store.topology.getRunnable(execution.rule);
  const desk = { ...anyDesk, selector: rule.spec.agents };
  const instances = await ruleInstances(desk.store.topology, rule);
  await waitForRoute(desk, instances, again, signal);
  try {
    return await takeInventory(desk, execution, rule, instances, again, signal);
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
): Promise<Failure | undefined> {
  const plannedBefore = again ? await tasksOf(desk, execution.id) : undefined;
  const scope = await desk.store.executions.scope(execution.id);
  const pages = planPages({ ...desk, execution: execution.id }, rule, instances, signal, plannedBefore, {
    scope,
    settle: execution.settle,
  });
  const begunAt = desk.now();
  const conflicts = new FoundConflicts();
  let unchanged = 0;
  let names: ReadonlySet<string> = new Set();
  let entries = 0;
  let number = 0;
  let planning = execution.state === "planning";
  const begin = async () => {
    if (!planning) await moveExecution(desk, execution.id, "planning");
    planning = true;
  };
  for await (const page of pages) {
    await begin();
    unchanged += page.unchanged;
    names = page.names;
    entries += page.entries;
    await addTasks(desk, execution.id, page.items, rule.spec);
    signal.throwIfAborted();
    await keepPairs(desk, execution.id, rule, page.bothSides, begunAt);
    conflicts.add(page.bothSides.conflicts);
    await desk.store.executions.planned(execution.id, { unchanged, repositories: page.repositories, conflicts: conflicts.count });
    number++;
    const tasks = page.items.filter(({ action }) => action !== "skip").length;
    desk.executionLog.info(execution.id, `page ${number} planned: ${pageText(page, tasks)}`, {
      page: number,
      tasks,
      unchanged: page.unchanged,
    });
    desk.changes.notify(execution.id, "progress");
    desk.work.wake();
  }
  await begin();
  const ground = scope === undefined ? { listing: { whole: true, entries }, repositories: names } : groundOf(scope);
  const capped = ground && (await planDeletionTasks(desk, execution.id, rule, instances, ground, signal));
  return conflicts.failure(capped);
}

function pageText({ items, unchanged, repositories }: PlannedPage, tasks: number): string {
  const skipped = items.length - tasks;
  return `${tasks} tasks, ${unchanged} unchanged${skipped === 0 ? "" : `, ${skipped} skipped`}; ${repositories} repositories until now`;
}

/**
 * What a scoped run may delete: the tags of which somebody said that they are gone, each looked at again. A whole repository, or a digest without a tag, is left to
 * the next run of the whole rule. Undefined where nothing was said to be gone.
 */
function groundOf(scope: readonly ScopeEntry[]): DeletionGround | undefined {
  const gone = scope.flatMap(({ repository, tag, action }) => (action === "delete" && tag !== undefined ? [{ repository, tag }] : []));
  if (gone.length === 0) return undefined;
  return {
    listing: { whole: false, entries: 0 },
    repositories: new Set(gone.map(({ repository }) => repository)),
    scope: new Set(gone.map(artifactName)),
  };
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
