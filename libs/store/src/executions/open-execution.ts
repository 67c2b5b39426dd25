import { TransshipError } from "@transship/errors";
import type { Execution, Trigger } from "@transship/model";
import type { Tx } from "../database.ts";
import type { OpenOutcome } from "../execution-store.ts";
import type { ExecutionRow } from "../tables.ts";
import { resourceRow } from "../topology/topology-rows.ts";
import { executionOf, executionRow, unfinishedOf } from "./execution-rows.ts";

/** What is asked for. */
export interface OpenRequest {
  readonly id: string;
  readonly rule: string;
  readonly trigger: Trigger;
  readonly retryOf?: string | undefined;
  readonly plan?: string | undefined;
}

/** Opens an execution behind the unfinished ones of its rule, or merges the request into the one that waits there. */
export async function openExecution(tx: Tx, request: OpenRequest, now: string): Promise<{ execution: Execution; outcome: OpenOutcome }> {
  await resourceRow(tx, "Rule", request.rule);
  if (request.retryOf !== undefined) await executionRow(tx, request.retryOf);
  const before = await unfinishedOf(tx, request.rule);
  const waiting = request.trigger === "retry" ? undefined : waitingIn(before);
  if (waiting !== undefined) return { execution: executionOf(waiting), outcome: "merged" };
  const row = await tx
    .insertInto("executions")
    .values({
      id: request.id,
      rule: request.rule,
      trigger_kind: request.trigger,
      state: "queued",
      retry_of: request.retryOf ?? null,
      plan_id: request.plan ?? null,
      created_at: now,
      unchanged: 0,
      repositories: 0,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new TransshipError("CONFLICT", { what: `opening execution ${request.id}`, why: "there is one of that id" });
  return { execution: executionOf(row), outcome: before.length === 0 ? "started" : "queued" };
}

/** The one that waits behind another. A retry does not count: it runs chosen tasks again and would not see what is new. */
function waitingIn(unfinished: readonly ExecutionRow[]): ExecutionRow | undefined {
  return unfinished.slice(1).find((row) => row.state === "queued" && row.trigger_kind !== "retry");
}
