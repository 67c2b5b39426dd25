import { TransshipError } from "@transship/errors";
import { follow, statesBefore, TASK_TRANSITIONS, type TaskState } from "@transship/model";
import type { Updateable } from "kysely";
import type { Tx } from "../database.ts";
import { recountSums, shiftSums } from "../executions/execution-sums.ts";
import type { Tables, TaskRow } from "../tables.ts";

/** Columns that change together with a state. `lease_until` and `ready_at` follow from the state and are no choice of the caller's. */
export type TaskChange = Omit<Updateable<Tables["tasks"]>, "state" | "lease_until" | "ready_at">;

/** A state to move to, with the moment that the state needs. */
export type TaskMove =
  | { readonly to: "leased" | "copying" | "verifying"; readonly leaseUntil: string }
  | { readonly to: "queued" | "retrying"; readonly readyAt: string }
  | { readonly to: "succeeded" | "failed" | "cancelled" | "skipped"; readonly finishedAt: string };

/**
 * The one place where a task's state changes, `moveAllTasks` being its plural. Staying in a state is allowed: it changes the other columns only.
 * Writes only over the very state and epoch that were read, so that of two callers the second one fails instead of undoing the first; the sums follow.
 * @throws TransshipError `CONFLICT` for a move that the table forbids, or where another writer came first.
 */
export async function moveTask(tx: Tx, row: TaskRow, move: TaskMove, change: TaskChange): Promise<TaskRow> {
  if (row.state !== move.to) follow(TASK_TRANSITIONS, `task ${row.id}`, row.state, move.to);
  const moved = await tx
    .updateTable("tasks")
    .set({ ...change, ...momentsOf(move) })
    .where("seq", "=", row.seq)
    .where("state", "=", row.state)
    .where("epoch", "=", row.epoch)
    .returningAll()
    .executeTakeFirst();
  if (moved === undefined) throw new TransshipError("CONFLICT", { what: `changing task ${row.id}`, why: "another writer came first" });
  await shiftSums(tx, row, moved);
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
function momentsOf(move: TaskMove): Updateable<Tables["tasks"]> & { state: TaskState } {
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
