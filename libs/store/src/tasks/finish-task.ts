import { addBlobSums, type BlobSums, isFinal, TASK_TRANSITIONS } from "@transship/model";
import { type Brought, forgetArrivals, recordArrivals } from "../arrivals/arrival-rows.ts";
import { blobSumsOf, blobSumsText, blobsText } from "../blobs-text.ts";
import type { Tx } from "../database.ts";
import { addExecutionBlobs } from "../executions/blob-sums.ts";
import { SumChanges } from "../executions/execution-sums.ts";
import { failureText } from "../failure-text.ts";
import { forgetPair, settleByCopies } from "../pairs/pair-rows.ts";
import type { TaskRow } from "../tables.ts";
import type { AttemptOutcome, AttemptReport, Reported } from "../task-store.ts";
import { moveTask, type TaskChange, type TaskMove } from "./move-task.ts";
import { turnOf } from "./relay-turn.ts";
import { type ReportedTasks, readReported } from "./reported-tasks.ts";
import { laterProgressColumns, wholeTaskOf } from "./task-rows.ts";

/**
 * Applies the outcomes of attempts, each once, and says of each what it was. An unknown task is `stale`: there is nothing left to apply it to. What all of them
 * read and add up is read and written once, which is most of the work.
 */
export async function finishTasks(tx: Tx, reports: readonly AttemptReport[], now: string): Promise<Reported[]> {
  const known = await readReported(
    tx,
    reports.map(({ lease }) => lease),
  );
  const changes: Changes = { sums: new SumChanges(), blobs: new Map(), brought: [], reports: [] };
  const results: Reported[] = [];
  for (const report of reports) results.push(await finishTask(tx, known, report, changes, now));
  await changes.sums.write(tx);
  for (const [execution, sums] of changes.blobs) await addExecutionBlobs(tx, execution, sums);
  await writeBrought(tx, changes.brought, now);
  if (changes.reports.length > 0) await tx.insertInto("task_reports").values(changes.reports).execute();
  return results;
}

/** What is written once for all reports of a transaction. */
interface Changes {
  readonly sums: SumChanges;
  readonly blobs: Map<string, BlobSums>;
  readonly brought: Brought[];
  readonly reports: { readonly task_id: string; readonly epoch: number }[];
}

async function finishTask(tx: Tx, known: ReportedTasks, report: AttemptReport, changes: Changes, now: string): Promise<Reported> {
  const { lease, agent } = report;
  if (known.wasReported(lease)) return { result: "duplicate" };
  const row = known.rows.get(lease.taskId);
  const execution = known.executions.get(row?.execution_id ?? "");
  if (row === undefined || execution === undefined || (agent !== undefined && row.agent !== agent)) return { result: "stale" };
  if (row.epoch !== lease.epoch || row.epoch === 0 || isFinal(TASK_TRANSITIONS, row.state)) return { result: "stale" };
  const before = wholeTaskOf(row);
  const outcome = report.outcome(before);
  const turn = turnOf(row, outcome);
  const moved = await moveTask(
    tx,
    await heldAgain(tx, row, now),
    turn === undefined ? moveOf(outcome, now) : { to: "queued", readyAt: now },
    {
      ...laterProgressColumns(row, outcome.progress, outcome.state === "succeeded"),
      ...(turn ?? changeOf(row, outcome)),
      ...blobColumns(row, outcome),
    },
    changes.sums,
  );
  if (outcome.state === "succeeded" && turn === undefined) await remember(tx, row, execution.rule, outcome, changes, now);
  if (outcome.blobSums !== undefined) {
    const sums = changes.blobs.get(row.execution_id);
    changes.blobs.set(row.execution_id, sums === undefined ? outcome.blobSums : addBlobSums(sums, outcome.blobSums));
  }
  known.noteReport(lease, moved);
  changes.reports.push({ task_id: lease.taskId, epoch: lease.epoch });
  return { result: "applied", before, after: wholeTaskOf(moved), execution };
}

/** What a task that succeeded changed at its target. */
async function remember(
  tx: Tx,
  row: TaskRow,
  rule: string,
  { arrival }: AttemptOutcome & { state: "succeeded" },
  { brought }: Changes,
  now: string,
): Promise<void> {
  if (row.operation === "copy") {
    if (arrival !== undefined) brought.push({ task: row, rule, platforms: arrival.platforms });
    return;
  }
  // What came to the tag before it was taken away is forgotten with it.
  await writeBrought(tx, brought, now);
  await forgetArrivals(tx, row);
  await forgetPair(tx, row);
  await tx
    .updateTable("executions")
    .set(({ eb }) => ({ deleted: eb("deleted", "+", 1) }))
    .where("id", "=", row.execution_id)
    .execute();
}

/** Writes what tasks brought so far, and that it settled what was in conflict between their places. */
async function writeBrought(tx: Tx, brought: Brought[], now: string): Promise<void> {
  const written = brought.splice(0);
  await recordArrivals(tx, written, now);
  await settleByCopies(
    tx,
    written.map(({ task }) => task),
  );
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
