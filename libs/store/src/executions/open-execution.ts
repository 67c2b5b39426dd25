import { TransshipError } from "@transship/errors";
import type { Execution } from "@transship/model";
import type { Tx } from "../database.ts";
import type { OpenOutcome, OpenRequest } from "../execution-store.ts";
import type { ExecutionRow } from "../tables.ts";
import { runnable } from "../topology/edge-rows.ts";
import { noteOpening } from "../triggers/note-opening.ts";
import { executionOf, executionRow, unfinishedOf } from "./execution-rows.ts";
import { addScope, dropScope } from "./scope-rows.ts";

/** Opens an execution behind the unfinished ones of its rule, or merges the request into the one that waits there. */
export async function openExecution(tx: Tx, request: OpenRequest, now: string): Promise<{ execution: Execution; outcome: OpenOutcome }> {
  await runnable(tx, request.rule);
  if (request.retryOf !== undefined) await executionRow(tx, request.retryOf);
  await noteOpening(tx, request, now);
  const before = await unfinishedOf(tx, request.rule);
  const waiting = request.trigger === "retry" ? undefined : waitingIn(before);
  if (waiting !== undefined) return { execution: await merge(tx, waiting, request), outcome: "merged" };
  const row = await insert(tx, request, now);
  if (request.scope !== undefined) await addScope(tx, row.id, request.scope);
  return { execution: executionOf(await executionRow(tx, row.id)), outcome: before.length === 0 ? "started" : "queued" };
}

async function insert(tx: Tx, request: OpenRequest, now: string): Promise<ExecutionRow> {
  const row = await tx
    .insertInto("executions")
    .values({
      id: request.id,
      rule: request.rule,
      trigger_kind: request.trigger,
      state: "queued",
      retry_of: request.retryOf ?? null,
      plan_id: request.plan ?? null,
      scoped: request.scope === undefined ? 0 : 1,
      hops: request.hops ?? 0,
      settle: request.settle === true ? 1 : 0,
      created_at: now,
      unchanged: 0,
      repositories: 0,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new TransshipError("CONFLICT", { what: `opening execution ${request.id}`, why: "there is one of that id" });
  return row;
}

/** The one that waits behind another. A retry does not count: it runs chosen tasks again and would not see what is new. */
function waitingIn(unfinished: readonly ExecutionRow[]): ExecutionRow | undefined {
  return unfinished.slice(1).find((row) => row.state === "queued" && row.trigger_kind !== "retry");
}

/** A run of everything takes parts in; a part that waits becomes a run of everything, and says what for, when one is asked for. */
async function merge(tx: Tx, waiting: ExecutionRow, { scope, trigger, hops = 0, settle = false }: OpenRequest): Promise<Execution> {
  if (waiting.scoped === 1) {
    if (scope !== undefined) await addScope(tx, waiting.id, scope);
    else {
      await dropScope(tx, waiting.id);
      await tx.updateTable("executions").set({ trigger_kind: trigger }).where("id", "=", waiting.id).execute();
    }
  }
  if (settle) await tx.updateTable("executions").set({ settle: 1 }).where("id", "=", waiting.id).execute();
  if (hops > waiting.hops) await tx.updateTable("executions").set({ hops }).where("id", "=", waiting.id).execute();
  return executionOf(await executionRow(tx, waiting.id));
}
