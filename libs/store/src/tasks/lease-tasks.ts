import type { Task } from "@transship/model";
import type { Tx } from "../database.ts";
import { SumChanges } from "../executions/execution-sums.ts";
import type { TaskRow } from "../tables.ts";
import type { Claim, ClaimedPair } from "../task-store.ts";
import { moveTask } from "./move-task.ts";
import { taskOf } from "./task-rows.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** Leases to each claim, in their order, the oldest waiting tasks of all its pairs together. */
export async function leaseTasks(
  tx: Tx,
  { claims, leaseMs, online }: { readonly claims: readonly Claim[]; readonly leaseMs: number; readonly online: ReadonlySet<string> },
  now: Date,
): Promise<Task[][]> {
  const waiting = new WaitingRows(tx, claims, now);
  const leaseUntil = new Date(now.getTime() + leaseMs).toISOString();
  const sums = new SumChanges();
  const leased: Task[][] = [];
  for (const claim of claims) {
    const tasks: Task[] = [];
    while (tasks.length < claim.limit) {
      const found = await waiting.take(claim, (row) => mayTake(row, claim, online, now));
      if (found === undefined) break;
      tasks.push(taskOf(await leaseTask(tx, found, claim, { leaseUntil, now, sums })));
    }
    leased.push(tasks);
  }
  await sums.write(tx);
  return leased;
}

/** Another agent may hold a checkpoint of it and is there to take it: it comes first for a while. */
function mayTake({ agent, ready_at }: TaskRow, claim: Claim, online: ReadonlySet<string>, now: Date): boolean {
  if (agent === null || agent === claim.agent || !online.has(agent)) return true;
  return (ready_at ?? "") <= new Date(now.getTime() - claim.preferMs).toISOString();
}

function leaseTask(
  tx: Tx,
  { row, pair }: { readonly row: TaskRow; readonly pair: ClaimedPair },
  { agent, home }: Claim,
  { leaseUntil, now, sums }: { readonly leaseUntil: string; readonly now: Date; readonly sums: SumChanges },
): Promise<TaskRow> {
  const change = {
    epoch: row.epoch + 1,
    attempts: row.attempts + 1,
    agent,
    home: home ?? null,
    placement: pair.placement,
    leg: pair.leg ?? "whole",
    path: pair.path === undefined ? null : JSON.stringify(pair.path),
    started_at: row.started_at ?? now.toISOString(),
  };
  return moveTask(tx, row, { to: "leased", leaseUntil }, change, sums);
}

/** When the next `retrying` task falls due. */
export async function nextDue(tx: Tx, now: string): Promise<Date | undefined> {
  const due = await tx
    .selectFrom("tasks")
    .select("ready_at")
    .where("ready_at", ">", now)
    .where("state", "=", "retrying")
    .orderBy("ready_at")
    .limit(1)
    .executeTakeFirst();
  return due?.ready_at == null ? undefined : new Date(due.ready_at);
}
