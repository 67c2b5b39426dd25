import { TransshipError } from "@transship/errors";
import { LEASED_STATES, mayFollow, TASK_TRANSITIONS, type Task, type TaskState } from "@transship/model";
import type { Tx } from "../database.ts";
import { SumChanges } from "../executions/execution-sums.ts";
import type { TaskRow } from "../tables.ts";
import type { HeldTask, LeaseKey, Progressed, ProgressReport } from "../task-store.ts";
import { moveTask } from "./move-task.ts";
import { readReported } from "./reported-tasks.ts";
import { LISTED_COLUMNS, laterProgressColumns, taskOf } from "./task-rows.ts";

/** Extends the leases that the agent still has; returns the others. */
export async function renewLeases(tx: Tx, agent: string, leases: readonly LeaseKey[], leaseUntil: string): Promise<LeaseKey[]> {
  const lost: LeaseKey[] = [];
  for (const lease of leases) {
    const kept = await tx
      .updateTable("tasks")
      .set({ lease_until: leaseUntil })
      .where("id", "=", lease.taskId)
      .where("epoch", "=", lease.epoch)
      .where("agent", "=", agent)
      .where("lease_until", "is not", null)
      .returning("id")
      .executeTakeFirst();
    if (kept === undefined) lost.push(lease);
  }
  return lost;
}

/** Gives every lease the same new end. */
export async function extendAllLeases(tx: Tx, leaseUntil: string): Promise<void> {
  await tx.updateTable("tasks").set({ lease_until: leaseUntil }).where("lease_until", "is not", null).execute();
}

/** Sends tasks whose lease ended back to the queue. They keep agent and epoch: a late outcome of that epoch still counts until another agent has the task. */
export async function expireLeases(tx: Tx, now: string): Promise<Task[]> {
  const ended = await tx.selectFrom("tasks").selectAll().where("lease_until", "<=", now).execute();
  // Sorted here: asked to, the database would rather read all tasks in order than sort the few that it finds.
  ended.sort((a, b) => a.seq - b.seq);
  const sums = new SumChanges();
  for (const row of ended) await moveTask(tx, row, { to: "queued", readyAt: now }, {}, sums);
  await sums.write(tx);
  return ended.map(taskOf);
}

/** What all agents have. */
export async function heldTasks(tx: Tx): Promise<HeldTask[]> {
  const rows = await tx
    .selectFrom("tasks")
    .innerJoin("executions", "executions.id", "tasks.execution_id")
    .select(["tasks.id as taskId", "tasks.agent", "tasks.execution_id as executionId", "executions.rule"])
    .select(["tasks.source_instance as source", "tasks.target_instance as target", "tasks.via_instance as via", "tasks.leg"])
    .where("tasks.lease_until", "is not", null)
    .execute();
  return rows.map(({ agent, via, leg, source, target, ...row }) => ({
    ...row,
    agent: agent ?? "",
    source: leg === "second" ? (via ?? source) : leg === "target" ? target : source,
    target: leg === "first" ? (via ?? target) : target,
  }));
}

/** Parameters of one statement. */
const NAMES_AT_ONCE = 500;

/** How many tasks each of these agents has, without those that a process of its name at another home was given; who has none is missing. */
export async function countHeld(
  tx: Tx,
  agents: readonly { readonly name: string; readonly home?: string | undefined }[],
): Promise<Map<string, number>> {
  const homes = new Map(agents.map(({ name, home }) => [name, home]));
  const names = [...homes.keys()];
  const counts = new Map<string, number>();
  for (let start = 0; start < names.length; start += NAMES_AT_ONCE) {
    const rows = await tx
      .selectFrom("tasks")
      .select((eb) => ["agent", "home", eb.fn.countAll<number>().as("count")])
      .where("lease_until", "is not", null)
      .where("agent", "in", names.slice(start, start + NAMES_AT_ONCE))
      .groupBy(["agent", "home"])
      .execute();
    for (const { agent, home, count } of rows) {
      const own = homes.get(agent ?? "");
      if (own === undefined || home === null || home === own) counts.set(agent ?? "", (counts.get(agent ?? "") ?? 0) + Number(count));
    }
  }
  return counts;
}

/** Tasks on which an agent has a lease; with `home`, without those that a process at another home was given. */
export async function tasksHeldBy(tx: Tx, agent: string, home?: string): Promise<Task[]> {
  let query = tx.selectFrom("tasks").select(LISTED_COLUMNS).where("lease_until", "is not", null).where("agent", "=", agent);
  if (home !== undefined) query = query.where((or) => or.or([or("home", "is", null), or("home", "=", home)]));
  const rows = await query.orderBy("seq").execute();
  return rows.map(taskOf);
}

/**
 * Records how far leased tasks are, each named once; of each the task as it was and is, or undefined when the lease is no more, or another agent's. A state that
 * came late, overtaken by a newer one, is not gone back to.
 */
export async function recordProgress(tx: Tx, reports: readonly ProgressReport[]): Promise<(Progressed | undefined)[]> {
  const { rows } = await readReported(
    tx,
    reports.map(({ lease }) => lease),
  );
  const sums = new SumChanges();
  const results: (Progressed | undefined)[] = [];
  for (const { lease, agent, state, progress } of reports) {
    if (!isLeased(state))
      throw new TransshipError("INVALID_ARGUMENT", { what: `progress of task ${lease.taskId}`, why: `${state} is an outcome` });
    const row = rows.get(lease.taskId);
    if (row === undefined || row.epoch !== lease.epoch || row.lease_until === null || (agent !== undefined && row.agent !== agent)) {
      results.push(undefined);
      continue;
    }
    const move = { to: reached(row, state), leaseUntil: row.lease_until };
    const moved = await moveTask(tx, row, move, laterProgressColumns(row, progress), sums);
    results.push({ before: taskOf(row), after: taskOf(moved) });
  }
  await sums.write(tx);
  return results;
}

type LeasedState = (typeof LEASED_STATES)[number];

function isLeased(state: TaskState): state is LeasedState {
  return (LEASED_STATES as readonly TaskState[]).includes(state);
}

function reached(row: TaskRow, said: LeasedState): LeasedState {
  return isLeased(row.state) && !mayFollow(TASK_TRANSITIONS, row.state, said) ? row.state : said;
}
