import type { LogEntry } from "@transship/model";
import type { Tx } from "../database.ts";
import type { LogBatch } from "../log-store.ts";
import { makeRoom } from "./make-room.ts";

/** Rows of one statement: nine parameters each, and a statement takes 32,766. */
const ROWS_AT_ONCE = 500;

/** Stores a batch. `most`: lines that an execution may have before some make room. */
export async function appendLines(tx: Tx, { entries, cursors }: LogBatch, most: number): Promise<void> {
  for (const [executionId, own] of Map.groupBy(entries, (entry) => entry.executionId)) {
    const first = await takePlaces(tx, executionId, own.length);
    if (first === undefined) continue;
    for (let start = 0; start < own.length; start += ROWS_AT_ONCE) {
      const rows = own.slice(start, start + ROWS_AT_ONCE).map((entry, index) => rowOf(entry, first + start + index));
      await tx.insertInto("log_lines").values(rows).execute();
    }
    await makeRoom(tx, executionId, most, own.at(-1)?.at ?? "");
  }
  for (const { agent, run, number } of cursors) {
    await tx
      .insertInto("log_cursors")
      .values({ agent, run, number })
      .onConflict((conflict) => conflict.column("agent").doUpdateSet({ run, number }))
      .execute();
  }
}

/** The first of so many new places; undefined where there is no such execution. One upsert that adds in place, so that two writers take different ones. */
async function takePlaces(tx: Tx, executionId: string, lines: number): Promise<number | undefined> {
  const known = await tx.selectFrom("executions").select("id").where("id", "=", executionId).executeTakeFirst();
  if (known === undefined) return undefined;
  const taken = await tx
    .insertInto("execution_logs")
    .values({ execution_id: executionId, next_seq: lines + 1, lines, removed: 0 })
    .onConflict((conflict) =>
      conflict.column("execution_id").doUpdateSet(({ ref, eb }) => ({
        next_seq: eb(ref("execution_logs.next_seq"), "+", lines),
        lines: eb(ref("execution_logs.lines"), "+", lines),
      })),
    )
    .returning("next_seq")
    .executeTakeFirstOrThrow();
  return taken.next_seq - lines;
}

function rowOf(entry: LogEntry, seq: number) {
  return {
    execution_id: entry.executionId,
    seq,
    task_id: entry.taskId ?? null,
    at: entry.at,
    level: entry.level,
    source: entry.source,
    code: entry.code ?? null,
    message: entry.message,
    fields: JSON.stringify(entry.fields),
  };
}
