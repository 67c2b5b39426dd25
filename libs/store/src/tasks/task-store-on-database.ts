import type { Task } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import type { Page } from "../store.ts";
import type { TaskRow } from "../tables.ts";
import type { TaskStore } from "../task-store.ts";
import { addTasks } from "./add-tasks.ts";
import { finishTasks } from "./finish-task.ts";
import { countHeld, expireLeases, extendAllLeases, heldTasks, recordProgress, renewLeases, tasksHeldBy } from "./keep-leases.ts";
import { leaseTasks, nextDue } from "./lease-tasks.ts";
import { moveAllTasks } from "./move-task.ts";
import { LISTED_COLUMNS, taskOf, taskRow, UNFINISHED_STATES, wholeTaskOf } from "./task-rows.ts";
import { tasksAt, waitingBefore } from "./tasks-at.ts";
import { waitingWork } from "./waiting-work.ts";

/** Tasks and their leases on a database. */
export function taskStore(database: Database): TaskStore {
  const { transact } = database;
  return {
    add: (tasks, now) => addTasks(database, tasks, now.toISOString()),
    waitingWork: (now) => transact((tx) => waitingWork(tx, now.toISOString())),
    nextDue: (now) => transact((tx) => nextDue(tx, now.toISOString())),
    lease: async ({ leaseMs, online, ...claim }, now) => {
      const [tasks = []] = await transact((tx) => leaseTasks(tx, { claims: [claim], leaseMs, online: new Set(online) }, now));
      return tasks;
    },
    leaseAll: (claims, terms, now) => transact((tx) => leaseTasks(tx, { claims, ...terms }, now)),
    renew: (agent, leases, leaseMs, now) => transact((tx) => renewLeases(tx, agent, leases, leaseEnd(now, leaseMs))),
    extendAll: (leaseMs, now) => transact((tx) => extendAllLeases(tx, leaseEnd(now, leaseMs))),
    expire: (now) => transact((tx) => expireLeases(tx, now.toISOString())),
    progress: async (lease, state, progress) => {
      const [progressed] = await transact((tx) => recordProgress(tx, [{ lease, state, progress }]));
      return progressed !== undefined;
    },
    progressAll: (reports) => transact((tx) => recordProgress(tx, reports)),
    finish: async (lease, outcome, now) => {
      const [reported] = await transact((tx) => finishTasks(tx, [{ lease, outcome: () => outcome }], now.toISOString()));
      return reported?.result ?? "stale";
    },
    finishAll: (reports, now) => transact((tx) => finishTasks(tx, reports, now.toISOString())),
    cancelAll: (executionId, now) => transact((tx) => cancelAll(tx, executionId, now.toISOString())),
    anyUnfinished: (executionId) => transact((tx) => anyUnfinished(tx, executionId)),
    held: () => transact(heldTasks),
    deletedTogether: (task) => transact((tx) => deletedTogether(tx, task)),
    heldCounts: (agents) => transact((tx) => countHeld(tx, agents)),
    heldBy: (agent, home) => transact((tx) => tasksHeldBy(tx, agent, home)),
    get: (id) => transact(async (tx) => wholeTaskOf(await existing(tx, id))),
    list: (filter, page) => transact((tx) => list(tx, filter, page)),
    newestAt: (places) => transact(async (tx) => (await Promise.all(places.map((place) => tasksAt(tx, place, 1)))).flat()),
    at: (place, limit) => transact((tx) => tasksAt(tx, place, limit)),
    waitingBefore: (id) => transact(async (tx) => waitingBefore(tx, await existing(tx, id))),
  };
}

function leaseEnd(now: Date, leaseMs: number): string {
  return new Date(now.getTime() + leaseMs).toISOString();
}

async function cancelAll(tx: Tx, executionId: string, now: string): Promise<Task[]> {
  const held = await tx
    .selectFrom("tasks")
    .selectAll()
    .where("execution_id", "=", executionId)
    .where("lease_until", "is not", null)
    .orderBy("seq")
    .execute();
  await moveAllTasks(tx, executionId, { to: "cancelled", finishedAt: now });
  return held.map(taskOf);
}

async function anyUnfinished(tx: Tx, executionId: string): Promise<boolean> {
  const row = await tx
    .selectFrom("execution_sums")
    .select("tasks")
    .where("execution_id", "=", executionId)
    .where("state", "in", UNFINISHED_STATES)
    .where("tasks", ">", 0)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function deletedTogether(tx: Tx, task: Task): Promise<string[]> {
  const rows = await tx
    .selectFrom("tasks")
    .select("target_tag")
    .where("execution_id", "=", task.executionId)
    .where("operation", "=", "delete")
    .where("source_repository", "=", task.source.repository)
    .where("target_instance", "=", task.target.instance)
    .where("target_repository", "=", task.target.repository)
    .where("digest", "=", task.digest)
    .where("state", "not in", ["failed", "cancelled", "skipped"])
    .execute();
  return rows.map((row) => row.target_tag);
}

async function existing(tx: Tx, id: string): Promise<TaskRow> {
  const row = await taskRow(tx, id);
  if (row === undefined) throw notFound("task", id);
  return row;
}

async function list(tx: Tx, filter: Parameters<TaskStore["list"]>[0], page: Page): Promise<Task[]> {
  if (filter.states?.length === 0) return [];
  let query = tx.selectFrom("tasks").select(LISTED_COLUMNS);
  if (filter.executionId !== undefined) query = query.where("execution_id", "=", filter.executionId);
  if (filter.states !== undefined) query = query.where("state", "in", filter.states);
  if (page.after !== undefined) query = query.where("seq", ">", (await existing(tx, page.after)).seq);
  return (await query.orderBy("seq").limit(page.limit).execute()).map(taskOf);
}
