import { addBlobSums, isFinal, TASK_TRANSITIONS } from "@transship/model";
import { forgetArrivals, recordArrival } from "../arrivals/arrival-rows.ts";
import { blobSumsOf, blobSumsText, blobsText } from "../blobs-text.ts";
import type { Tx } from "../database.ts";
import { addExecutionBlobs } from "../executions/blob-sums.ts";
import { executionRow } from "../executions/execution-rows.ts";
import { failureText } from "../failure-text.ts";
import { forgetPair, settleByCopy } from "../pairs/pair-rows.ts";
import type { TaskRow } from "../tables.ts";
import type { AttemptOutcome, LeaseKey, ReportResult } from "../task-store.ts";
import { moveTask, type TaskChange, type TaskMove } from "./move-task.ts";
import { turnOf } from "./relay-turn.ts";
import { laterProgressColumns, taskRow } from "./task-rows.ts";

/** Applies the outcome of an attempt once; says what it was otherwise. An unknown task is `stale`: there is nothing left to apply it to. */
export async function finishTask(tx: Tx, lease: LeaseKey, outcome: AttemptOutcome, now: string): Promise<ReportResult> {
  if (await wasReported(tx, lease)) return "duplicate";
  const row = await taskRow(tx, lease.taskId);
  if (row === undefined || row.epoch !== lease.epoch || row.epoch === 0 || isFinal(TASK_TRANSITIONS, row.state)) return "stale";
  const turn = turnOf(row, outcome);
  await moveTask(tx, await heldAgain(tx, row, now), turn === undefined ? moveOf(outcome, now) : { to: "queued", readyAt: now }, {
    ...laterProgressColumns(row, outcome.progress, outcome.state === "succeeded"),
    ...(turn ?? changeOf(row, outcome)),
    ...blobColumns(row, outcome),
  });
  if (outcome.state === "succeeded" && turn === undefined) await remember(tx, row, outcome, now);
  if (outcome.blobSums !== undefined) await addExecutionBlobs(tx, row.execution_id, outcome.blobSums);
  await tx.insertInto("task_reports").values({ task_id: lease.taskId, epoch: lease.epoch }).execute();
  return "applied";
}

/** What a task that succeeded changed at its target. */
async function remember(tx: Tx, row: TaskRow, { arrival }: AttemptOutcome & { state: "succeeded" }, now: string): Promise<void> {
  if (row.operation === "delete") {
    await forgetArrivals(tx, row);
    await forgetPair(tx, row);
    await tx
      .updateTable("executions")
      .set(({ eb }) => ({ deleted: eb("deleted", "+", 1) }))
      .where("id", "=", row.execution_id)
      .execute();
    return;
  }
  if (arrival === undefined) return;
  const { rule } = await executionRow(tx, row.execution_id);
  await recordArrival(tx, row, rule, arrival.platforms, now);
  await settleByCopy(tx, row);
}

async function wasReported(tx: Tx, lease: LeaseKey): Promise<boolean> {
  const report = await tx
    .selectFrom("task_reports")
    .select("epoch")
    .where("task_id", "=", lease.taskId)
    .where("epoch", "=", lease.epoch)
    .executeTakeFirst();
  return report !== undefined;
}

/** A task whose lease ended, but that nobody took since, is still its last agent's to finish: the work is done, only the report is late. */
async function heldAgain(tx: Tx, row: TaskRow, now: string): Promise<TaskRow> {
  return row.lease_until === null ? moveTask(tx, row, { to: "leased", leaseUntil: now }, {}) : row;
}

function moveOf(outcome: AttemptOutcome, now: string): TaskMove {
  switch (outcome.state) {
    case "queued":
      return { to: "queued", readyAt: now };
    case "retrying":
      return { to: "retrying", readyAt: outcome.nextAttemptAt.toISOString() };
    default:
      return { to: outcome.state, finishedAt: now };
  }
}

function changeOf(row: TaskRow, outcome: AttemptOutcome): TaskChange {
  switch (outcome.state) {
    case "succeeded":
      return { failure: null, note: outcome.note ?? null };
    case "skipped":
      return { failure: null, skip_reason: outcome.reason };
    case "failed":
    case "retrying":
      return { failure: failureText(outcome.failure) };
    case "queued":
      return { attempts: row.attempts - 1 };
    case "cancelled":
      return {};
  }
}

function blobColumns(row: TaskRow, { blobs, blobSums }: AttemptOutcome): TaskChange {
  return {
    ...(blobs === undefined ? {} : { blobs: blobsText(blobs) }),
    ...(blobSums === undefined ? {} : { blob_sums: blobSumsText(addBlobSums(blobSumsOf(row.blob_sums), blobSums)) }),
  };
}
