import type { EndedExecution, ExecutionState } from "@transship/model";
import type { Tx } from "../database.ts";

/** Final states that say how well a rule works. */
const TELLING_STATES = ["succeeded", "partial", "failed"] as const satisfies readonly ExecutionState[];

/** How the last executions of a rule ended. Reads the rule's index from the newest on. */
export async function endedOf(
  tx: Tx,
  rule: string,
  limit: number,
): Promise<{ executions: EndedExecution[]; lastSuccessAt: string | undefined }> {
  const rows = await tx
    .selectFrom("executions")
    .select(["state", "created_at", "started_at", "finished_at"])
    .where("rule", "=", rule)
    .where("state", "in", TELLING_STATES)
    .orderBy("seq", "desc")
    .limit(limit)
    .execute();
  const success = await tx
    .selectFrom("executions")
    .select("finished_at")
    .where("rule", "=", rule)
    .where("state", "=", "succeeded")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const executions = rows.map((row) => ({
    state: row.state,
    startedAt: row.started_at ?? row.created_at,
    finishedAt: row.finished_at ?? row.created_at,
  }));
  return { executions, lastSuccessAt: success?.finished_at ?? undefined };
}

/** The oldest execution that need not be kept for its age, else one of a rule that has too many. */
export async function nextToForget(tx: Tx, keep: number, before: string): Promise<string | undefined> {
  const old = await forgettable(tx).where("it.finished_at", "<", before).orderBy("it.finished_at").limit(1).executeTakeFirst();
  if (old !== undefined) return old.id;
  for (let rule = await ruleAfter(tx, ""); rule !== undefined; rule = await ruleAfter(tx, rule)) {
    const newer = tx.selectFrom("executions").select("seq").where("rule", "=", rule).orderBy("seq", "desc").limit(1);
    const last = await newer.offset(keep).executeTakeFirst();
    if (last === undefined) continue;
    const surplus = forgettable(tx).where("it.rule", "=", rule).where("it.seq", "<=", last.seq);
    const found = await surplus.orderBy("it.seq").limit(1).executeTakeFirst();
    if (found !== undefined) return found.id;
  }
  return undefined;
}

/** Finished executions with a newer one of their rule; those that succeeded, with a newer one that did. */
function forgettable(tx: Tx) {
  return tx
    .selectFrom("executions as it")
    .select("it.id")
    .where("it.finished_at", "is not", null)
    .where(({ exists, or, and, eb, selectFrom }) => {
      const newer = selectFrom("executions as newer")
        .select("newer.seq")
        .whereRef("newer.rule", "=", "it.rule")
        .whereRef("newer.seq", ">", "it.seq");
      return or([and([eb("it.state", "!=", "succeeded"), exists(newer)]), exists(newer.where("newer.state", "=", "succeeded"))]);
    });
}

/** Leaps from rule to rule in the index. */
async function ruleAfter(tx: Tx, rule: string): Promise<string | undefined> {
  const next = await tx.selectFrom("executions").select("rule").where("rule", ">", rule).orderBy("rule").limit(1).executeTakeFirst();
  return next?.rule;
}

/** Forgets some tasks or log lines of an execution, or the execution where it has no more of either. What belongs to them goes with them. */
export async function forget(tx: Tx, id: string, rows: number): Promise<boolean> {
  const some = tx.selectFrom("tasks").select("seq").where("execution_id", "=", id).orderBy("seq").limit(rows);
  const tasks = await tx.deleteFrom("tasks").where("seq", "in", some).executeTakeFirst();
  if (tasks.numDeletedRows >= BigInt(rows)) return false;
  const oldest = tx.selectFrom("log_lines").select("seq").where("execution_id", "=", id).orderBy("seq").limit(rows);
  const lines = await tx.deleteFrom("log_lines").where("execution_id", "=", id).where("seq", "in", oldest).executeTakeFirst();
  if (lines.numDeletedRows >= BigInt(rows)) return false;
  await tx.updateTable("executions").set({ retry_of: null }).where("retry_of", "=", id).execute();
  await tx.deleteFrom("executions").where("id", "=", id).execute();
  return true;
}
