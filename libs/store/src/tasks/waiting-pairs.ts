import { WAITING_STATES } from "@transship/model";
import { sql } from "kysely";
import type { Tx } from "../database.ts";
import type { InstancePair } from "../task-store.ts";

/**
 * Pairs with tasks that could be leased now, whoever asks; by source, then target. Leaps from pair to pair in the index: a `distinct` would read every task that
 * waits, a hundred thousand of them at every turn of the scheduler.
 */
export async function waitingPairs(tx: Tx, now: string): Promise<InstancePair[]> {
  const pairs: InstancePair[] = [];
  // No name is empty.
  let pair = await pairAfter(tx, { source: "", target: "" });
  while (pair !== undefined) {
    if (await anyReady(tx, pair, now)) pairs.push(pair);
    pair = await pairAfter(tx, pair);
  }
  return pairs;
}

function pairAfter(tx: Tx, { source, target }: InstancePair): Promise<InstancePair | undefined> {
  return tx
    .selectFrom("tasks")
    .select(["source_instance as source", "target_instance as target"])
    .where("ready_at", "is not", null)
    .where(sql<boolean>`(source_instance, target_instance) > (${source}, ${target})`)
    .orderBy("source_instance")
    .orderBy("target_instance")
    .limit(1)
    .executeTakeFirst();
}

/** A queued task is ready whatever the clock says: the clock may have been set back since. */
async function anyReady(tx: Tx, pair: InstancePair, now: string): Promise<boolean> {
  for (const state of WAITING_STATES) {
    const found = await tx
      .selectFrom("tasks")
      .select("seq")
      .where("source_instance", "=", pair.source)
      .where("target_instance", "=", pair.target)
      .where("state", "=", state)
      .where((eb) => (state === "queued" ? eb("ready_at", "is not", null) : eb("ready_at", "<=", now)))
      .limit(1)
      .executeTakeFirst();
    if (found !== undefined) return true;
  }
  return false;
}
