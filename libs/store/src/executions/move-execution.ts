import { EXECUTION_TRANSITIONS, type ExecutionState, type Failure, follow, isFinal, statesBefore } from "@transship/model";
import { sql } from "kysely";
import type { Tx } from "../database.ts";
import { failureText } from "../failure-text.ts";
import type { ExecutionRow } from "../tables.ts";
import { executionRow } from "./execution-rows.ts";

/**
 * The one place where an execution's state changes. One guarded statement, so that of two callers one sees the other's state.
 * @throws TransshipError `NOT_FOUND`; `CONFLICT` for a move that the table forbids.
 */
export async function moveExecution(
  tx: Tx,
  id: string,
  to: ExecutionState,
  now: string,
  failure: Failure | undefined,
): Promise<ExecutionRow> {
  const moved = await tx
    .updateTable("executions")
    .set({
      state: to,
      // It leaves `queued` only once.
      started_at: sql<string>`coalesce(started_at, ${now})`,
      ...(isFinal(EXECUTION_TRANSITIONS, to) ? { finished_at: now } : {}),
      ...(failure === undefined ? {} : { failure: failureText(failure) }),
    })
    .where("id", "=", id)
    .where("state", "in", statesBefore(EXECUTION_TRANSITIONS, to))
    .returningAll()
    .executeTakeFirst();
  if (moved !== undefined) return moved;
  const row = await executionRow(tx, id);
  follow(EXECUTION_TRANSITIONS, `execution ${id}`, row.state, to);
  return row;
}
