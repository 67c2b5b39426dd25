import { type ArtifactPlace, WAITING_STATES } from "@transship/model";
import type { Tx } from "../database.ts";
import type { TaskRow } from "../tables.ts";
import type { PlacedTask } from "../task-store.ts";
import { LISTED_COLUMNS, taskOf } from "./task-rows.ts";

/** Tasks with a place as their target, newest first. */
export async function tasksAt(tx: Tx, { instance, repository, tag }: ArtifactPlace, limit: number): Promise<PlacedTask[]> {
  const rows = await tx
    .selectFrom("tasks")
    .innerJoin("executions", "executions.id", "tasks.execution_id")
    .select(LISTED_COLUMNS.map((column) => `tasks.${column}` as const))
    .select("executions.rule")
    .where("tasks.target_instance", "=", instance)
    .where("tasks.target_repository", "=", repository)
    .where("tasks.target_tag", "=", tag)
    .orderBy("tasks.seq", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ rule, ...row }) => ({ task: taskOf(row), rule }));
}

/** Tasks of the same execution that wait and were added before. */
export async function waitingBefore(tx: Tx, { execution_id, seq }: TaskRow): Promise<number> {
  const row = await tx
    .selectFrom("tasks")
    .select((eb) => eb.fn.countAll<number>().as("tasks"))
    .where("execution_id", "=", execution_id)
    .where("seq", "<", seq)
    .where("state", "in", WAITING_STATES)
    .executeTakeFirstOrThrow();
  return Number(row.tasks);
}
