import { CONTROL_PLANE_SOURCE, isFinal, TASK_TRANSITIONS, type TaskState } from "@transship/model";
import { sql } from "kysely";
import type { Tx } from "../database.ts";

/** Share of the bound that is freed at once, so that room is made now and then and not with every batch. */
const FREED_SHARE = 0.1;
/** Places begin with 1; before them is the line that counts those that made room. */
const MARKER_PLACE = 0;

const FINAL_STATES = (Object.keys(TASK_TRANSITIONS) as TaskState[]).filter((state) => isFinal(TASK_TRANSITIONS, state));

/**
 * Where an execution has more than `most` lines, removes those that matter least: first lines of finished tasks that tell of no trouble, the agents' before the
 * control plane's, then such of other tasks, then other lines of tasks, then what is left; of each kind the oldest. A line at the head of the log counts them.
 */
export async function makeRoom(tx: Tx, executionId: string, most: number, now: string): Promise<void> {
  const log = await tx.selectFrom("execution_logs").selectAll().where("execution_id", "=", executionId).executeTakeFirstOrThrow();
  if (log.lines <= most) return;
  const victims = await leastImportant(tx, executionId, log.lines - most + Math.ceil(most * FREED_SHARE));
  for (let start = 0; start < victims.length; start += 1000) {
    const places = victims.slice(start, start + 1000);
    await tx.deleteFrom("log_lines").where("execution_id", "=", executionId).where("seq", "in", places).execute();
  }
  const removed = log.removed + victims.length;
  await tx
    .updateTable("execution_logs")
    .set({ lines: log.lines - victims.length, removed })
    .where("execution_id", "=", executionId)
    .execute();
  await mark(tx, executionId, removed, most, now);
}

async function leastImportant(tx: Tx, executionId: string, count: number): Promise<number[]> {
  const quiet = sql<boolean>`l.level in ('debug', 'info')`;
  const finished = sql<boolean>`t.state in (${sql.join(FINAL_STATES)})`;
  const agents = sql<boolean>`l.source <> ${CONTROL_PLANE_SOURCE}`;
  const rows = await tx
    .selectFrom("log_lines as l")
    .leftJoin("tasks as t", "t.id", "l.task_id")
    .select("l.seq")
    .where("l.execution_id", "=", executionId)
    .where("l.seq", ">", MARKER_PLACE)
    .orderBy(
      sql`case when ${quiet} and ${finished} and ${agents} then 0 when ${quiet} and ${finished} then 1 when ${quiet} and l.task_id is not null then 2
        when l.task_id is not null then 3 when ${quiet} then 4 else 5 end`,
    )
    .orderBy("l.seq")
    .limit(count)
    .execute();
  return rows.map((row) => row.seq);
}

async function mark(tx: Tx, executionId: string, removed: number, most: number, at: string): Promise<void> {
  const words = {
    at,
    message: `${removed} lines made room for others: a log holds ${most}`,
    fields: JSON.stringify({ removed: String(removed) }),
  };
  await tx
    .insertInto("log_lines")
    .values({ execution_id: executionId, seq: MARKER_PLACE, level: "warn", source: CONTROL_PLANE_SOURCE, ...words })
    .onConflict((conflict) => conflict.columns(["execution_id", "seq"]).doUpdateSet(words))
    .execute();
}
