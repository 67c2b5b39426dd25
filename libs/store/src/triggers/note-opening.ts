import { scopeName } from "@transship/model";
import type { Tx } from "../database.ts";
import type { OpenRequest } from "../execution-store.ts";

/** Remembers, with the execution that is asked for, when its rule was last to look at everything, or which event it was last asked by. */
export async function noteOpening(tx: Tx, request: OpenRequest, now: string): Promise<void> {
  const change = changeOf(request, now);
  if (change === undefined) return;
  await tx
    .insertInto("rule_triggers")
    .values({ rule: request.rule, ...change })
    .onConflict((conflict) => conflict.column("rule").doUpdateSet(change))
    .execute();
}

function changeOf({ trigger, scope, retryOf }: OpenRequest, now: string) {
  if (retryOf !== undefined) return undefined;
  if (scope === undefined) return { last_full_at: now };
  const newest = scope.at(-1);
  if (newest === undefined || (trigger !== "event" && trigger !== "cascade")) return undefined;
  return { last_event_at: now, last_event: scopeName(newest) };
}
