import type { Task } from "@transship/model";
import { type SelectQueryBuilder, sql } from "kysely";
import type { Tx } from "../database.ts";
import type { Tables, TaskRow } from "../tables.ts";
import type { ClaimedPair, TaskStore } from "../task-store.ts";
import { moveTask } from "./move-task.ts";
import { taskOf } from "./task-rows.ts";

/** What an agent may take. */
export type Claim = Parameters<TaskStore["lease"]>[0];

/** Leases the oldest waiting tasks of all pairs together. */
export async function leaseTasks(tx: Tx, claim: Claim, now: Date): Promise<Task[]> {
  const rows: { readonly row: TaskRow; readonly pair: ClaimedPair }[] = [];
  // One query a pair: each reads its index from the oldest on and stops at the limit, however many tasks wait.
  for (const pair of distinct(claim.pairs)) {
    for (const row of await waitingRows(tx, pair, claim, now)) rows.push({ row, pair });
  }
  rows.sort((a, b) => a.row.seq - b.row.seq);
  const leaseUntil = new Date(now.getTime() + claim.leaseMs).toISOString();
  const leased: Task[] = [];
  for (const { row, pair } of rows.slice(0, Math.max(0, claim.limit))) {
    const moved = await moveTask(
      tx,
      row,
      { to: "leased", leaseUntil },
      {
        epoch: row.epoch + 1,
        attempts: row.attempts + 1,
        agent: claim.agent,
        home: claim.home ?? null,
        placement: pair.placement,
        leg: pair.leg ?? "whole",
        path: pair.path === undefined ? null : JSON.stringify(pair.path),
        started_at: row.started_at ?? now.toISOString(),
      },
    );
    leased.push(taskOf(moved));
  }
  return leased;
}

function distinct(pairs: Claim["pairs"]): Claim["pairs"] {
  return [...new Map(pairs.map((pair) => [JSON.stringify([pair.source, pair.target, pair.executionId, pair.leg]), pair])).values()];
}

function waitingRows(tx: Tx, pair: ClaimedPair, claim: Claim, now: Date): Promise<TaskRow[]> {
  const others = claim.online.filter((name) => name !== claim.agent);
  const preferredSince = new Date(now.getTime() - claim.preferMs).toISOString();
  let query = tx
    .selectFrom("tasks")
    .selectAll()
    .where("source_instance", "=", pair.source)
    .where("target_instance", "=", pair.target)
    .where("execution_id", "=", pair.executionId)
    .where("ready_at", "is not", null)
    // A queued task is ready whatever the clock says: the clock may have been set back since.
    .where((or) => or.or([or("state", "=", "queued"), or("ready_at", "<=", now.toISOString())]));
  query = ofLeg(query, pair);
  if (others.length > 0) {
    // Another agent may hold a checkpoint of it and is there to take it: it comes first for a while.
    query = query.where((or) => or.or([or("agent", "is", null), or("agent", "not in", others), or("ready_at", "<=", preferredSince)]));
  }
  return query.orderBy("seq").limit(Math.max(0, claim.limit)).execute();
}

type WaitingQuery = SelectQueryBuilder<Tables, "tasks", TaskRow>;

/** Those of which the claimed part of the way is next. Whoever goes the whole way may have any. */
function ofLeg(query: WaitingQuery, { leg = "whole", via = "" }: ClaimedPair): WaitingQuery {
  if (leg === "whole") return query;
  if (leg === "target") return query.where("operation", "=", sql.lit("delete"));
  return query.where("via_instance", "=", via).where("at_relay", "=", leg === "first" ? 0 : 1);
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
