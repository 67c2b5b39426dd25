import { LEASED_STATES, WAITING_STATES } from "@transship/model";
import { sql } from "kysely";
import type { Tx } from "../database.ts";
import type { WaitingPair, WaitingWork } from "../task-store.ts";

/**
 * Pairs of executions with tasks that could be leased now, whoever asks; by source, target, then execution. Leaps from one to the next in the index: a `distinct`
 * would read every task that waits, a hundred thousand of them at every turn of the scheduler.
 */
export async function waitingWork(tx: Tx, now: string): Promise<WaitingWork[]> {
  const pairs: (WaitingPair & Pick<WaitingWork, "via">)[] = [];
  // No name is empty.
  let pair = await pairAfter(tx, { source: "", target: "", executionId: "" });
  while (pair !== undefined) {
    if (await anyReady(tx, pair, now)) pairs.push({ ...pair, via: await viaOf(tx, pair) });
    pair = await pairAfter(tx, pair);
  }
  const executions = await executionsOf(tx, [...new Set(pairs.map(({ executionId }) => executionId))]);
  return pairs.flatMap((one) => {
    const execution = executions.get(one.executionId);
    return execution === undefined ? [] : [{ ...one, ...execution }];
  });
}

function pairAfter(tx: Tx, { source, target, executionId }: WaitingPair): Promise<WaitingPair | undefined> {
  return tx
    .selectFrom("tasks")
    .select(["source_instance as source", "target_instance as target", "execution_id as executionId"])
    .where("ready_at", "is not", null)
    .where(sql<boolean>`(source_instance, target_instance, execution_id) > (${source}, ${target}, ${executionId})`)
    .orderBy("source_instance")
    .orderBy("target_instance")
    .orderBy("execution_id")
    .limit(1)
    .executeTakeFirst();
}

/** A queued task is ready whatever the clock says: the clock may have been set back since. */
async function anyReady(tx: Tx, pair: WaitingPair, now: string): Promise<boolean> {
  for (const state of WAITING_STATES) {
    const found = await tx
      .selectFrom("tasks")
      .select("seq")
      .where("source_instance", "=", pair.source)
      .where("target_instance", "=", pair.target)
      .where("execution_id", "=", pair.executionId)
      .where("state", "=", state)
      .where((eb) => (state === "queued" ? eb("ready_at", "is not", null) : eb("ready_at", "<=", now)))
      .limit(1)
      .executeTakeFirst();
    if (found !== undefined) return true;
  }
  return false;
}

/** The relay of those that wait. Of a rule whose relay was changed while it runs, tasks of the one come after those of the other. */
async function viaOf(tx: Tx, pair: WaitingPair): Promise<string | undefined> {
  const row = await tx
    .selectFrom("tasks")
    .select("via_instance")
    .where("source_instance", "=", pair.source)
    .where("target_instance", "=", pair.target)
    .where("execution_id", "=", pair.executionId)
    .where("ready_at", "is not", null)
    .where("via_instance", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return row?.via_instance ?? undefined;
}

/** Statements take so many parameters in any database. */
const IDS_AT_ONCE = 500;

async function executionsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Pick<WaitingWork, "rule" | "running">>> {
  const found = new Map<string, { rule: string; running: number }>();
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
    const some = ids.slice(start, start + IDS_AT_ONCE);
    for (const { id, rule } of await tx.selectFrom("executions").select(["id", "rule"]).where("id", "in", some).execute())
      found.set(id, { rule, running: 0 });
    const sums = tx.selectFrom("execution_sums").select(["execution_id", "tasks"]).where("execution_id", "in", some);
    for (const { execution_id, tasks } of await sums.where("state", "in", LEASED_STATES).execute()) {
      const execution = found.get(execution_id);
      if (execution !== undefined) execution.running += tasks;
    }
  }
  return found;
}
