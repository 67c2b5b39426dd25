import { TransshipError } from "@transship/errors";
import { follow, statesBefore, TASK_TRANSITIONS } from "@transship/model";
import type { Tx } from "../database.ts";
import { recountSums, SumChanges } from "../executions/execution-sums.ts";
import type { TaskRow } from "../tables.ts";

/** Columns that change together with a state. `lease_until` and `ready_at` follow from the state and are no choice of the caller's. */
export type TaskChange = Partial<Omit<TaskRow, "state" | "lease_until" | "ready_at">>;

/** A state to move to, with the moment that the state needs. */
export type TaskMove =
  | { readonly to: "leased" | "copying" | "verifying"; readonly leaseUntil: string }
  | { readonly to: "queued" | "retrying"; readonly readyAt: string }
  | { readonly to: "succeeded" | "failed" | "cancelled" | "skipped"; readonly finishedAt: string };

/**
 * The one place where a task's state changes, `moveAllTasks` being its plural. Staying in a state is allowed: it changes the other columns only.
 * Writes only over the very state and epoch that were read, so that of two callers the second one fails instead of undoing the first; the sums follow: at once, or
 * with `sums` where the caller moves several tasks and writes them in the end.
 * @throws TransshipError `CONFLICT` for a move that the table forbids, or where another writer came first.
 */
export async function moveTask(tx: Tx, row: TaskRow, move: TaskMove, change: TaskChange, sums?: SumChanges): Promise<TaskRow> {
  if (row.state !== move.to) follow(TASK_TRANSITIONS, `task ${row.id}`, row.state, move.to);
  const columns = { ...change, ...momentsOf(move) };
  const found = await tx
    .updateTable("tasks")
    .set(columns)
    .where("seq", "=", row.seq)
    .where("state", "=", row.state)
    .where("epoch", "=", row.epoch)
    .returning("seq")
    .executeTakeFirst();
  if (found === undefined) throw new TransshipError("CONFLICT", { what: `changing task ${row.id}`, why: "another writer came first" });
  const moved = { ...row, ...columns };
  const own = sums ?? new SumChanges();
  own.shift(row, moved);
  if (sums === undefined) await own.write(tx);
  return moved;
}

/** Moves all tasks of an execution that may move, in one statement. */
export async function moveAllTasks(tx: Tx, executionId: string, move: TaskMove): Promise<void> {
  await tx
    .updateTable("tasks")
    .set(momentsOf(move))
    .where("execution_id", "=", executionId)
    .where("state", "in", statesBefore(TASK_TRANSITIONS, move.to))
    .execute();
  await recountSums(tx, executionId);
}

/** The state and the columns that it alone decides: a lease while an agent has the task, a readiness while it waits, an end when it is final. */
function momentsOf(move: TaskMove): Pick<TaskRow, "state" | "lease_until" | "ready_at" | "next_attempt_at" | "finished_at"> {
  const none = { lease_until: null, ready_at: null, next_attempt_at: null, finished_at: null };
  switch (move.to) {
    case "leased":
    case "copying":
    case "verifying":
      return { ...none, state: move.to, lease_until: move.leaseUntil };
    case "queued":
      return { ...none, state: move.to, ready_at: move.readyAt };
    case "retrying":
      return { ...none, state: move.to, ready_at: move.readyAt, next_attempt_at: move.readyAt };
    default:
      return { ...none, state: move.to, finished_at: move.finishedAt };
  }
}
