import { type ExecutionState, readEdgeName } from "@transship/model";
import type { Tx } from "../database.ts";
import type { ExecutionRow, ReplicationEdgeRow } from "../tables.ts";

const MINUTE_MS = 60_000;
/** The longest that an edge is left between two attempts to repair it, in milliseconds. */
const MOST_REPAIR_MS = 60 * MINUTE_MS;

type EndedRow = Pick<ExecutionRow, "rule" | "scoped" | "retry_of" | "created_at">;

/** What the end of an execution says of its edge: filled, failing, or made good. Nothing where the execution is of a rule. */
export async function noteEdgeEnd(tx: Tx, execution: EndedRow, state: ExecutionState, now: Date): Promise<void> {
  const edge = readEdgeName(execution.rule);
  if (edge === undefined) return;
  const row = await tx
    .selectFrom("replication_edges")
    .selectAll()
    .where("replication", "=", edge.replication)
    .where("replica", "=", edge.replica)
    .executeTakeFirst();
  if (row === undefined) return;
  const change = changeAtEnd(row, execution, state, now);
  if (change === undefined) return;
  await tx
    .updateTable("replication_edges")
    .set(change)
    .where("replication", "=", edge.replication)
    .where("replica", "=", edge.replica)
    .execute();
}

function changeAtEnd(row: ReplicationEdgeRow, { scoped, retry_of, created_at }: EndedRow, state: ExecutionState, now: Date) {
  if (state === "succeeded") {
    // A part that arrived makes nothing good that another part lacks; so it is with tasks of an earlier execution that were done again.
    if (scoped === 1 || retry_of !== null) return undefined;
    return { filled_at: row.filled_at ?? now.toISOString(), failures: 0, failing_since: null, repair_at: null };
  }
  if (state !== "failed" && state !== "partial") return undefined;
  const failures = row.failures + 1;
  const waitMs = Math.min(MOST_REPAIR_MS, MINUTE_MS * 2 ** Math.min(failures - 1, 10));
  return { failures, failing_since: row.failing_since ?? created_at, repair_at: new Date(now.getTime() + waitMs).toISOString() };
}

/** Edges that wait to be repaired wait no longer. */
export async function repairNow(tx: Tx, now: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("replication_edges")
    .set({ repair_at: now })
    .where("repair_at", ">", now)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
