import { TransshipError } from "@transship/errors";
import { EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { executionRow } from "../executions/execution-rows.ts";
import { SumChanges } from "../executions/execution-sums.ts";
import type { NewTask } from "../task-store.ts";
import { newTaskRow } from "./task-rows.ts";

/** Tasks added in one transaction: few enough that other callers wait milliseconds only, and that a statement has fewer parameters than any database allows. */
const BATCH = 500;

/**
 * Adds tasks in batches, each of them one transaction: ids are derived, so a caller that died between two batches adds all of them again.
 * @throws TransshipError `NOT_FOUND` for an unknown execution, `CONFLICT` for a finished one (it was stopped while its tasks were planned).
 */
export async function addTasks({ transact }: Database, tasks: readonly NewTask[], now: string): Promise<void> {
  for (let start = 0; start < tasks.length; start += BATCH) {
    await transact((tx) => addBatch(tx, tasks.slice(start, start + BATCH), now));
  }
}

async function addBatch(tx: Tx, tasks: readonly NewTask[], now: string): Promise<void> {
  for (const id of new Set(tasks.map((task) => task.executionId))) {
    const { state } = await executionRow(tx, id);
    if (!isFinal(EXECUTION_TRANSITIONS, state)) continue;
    throw new TransshipError("CONFLICT", { what: `adding tasks to execution ${id}`, why: `it is ${state}` });
  }
  const added = await tx
    .insertInto("tasks")
    .values(tasks.map((task) => newTaskRow(task, now)))
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("execution_id")
    .execute();
  const sums = new SumChanges();
  for (const row of added) sums.addEmpty(row.execution_id, "queued", 1);
  await sums.write(tx);
}
