import type { ErrorCode } from "@transship/errors";
import type { FirstHop, TaskPath } from "@transship/model";
import type { TaskRow } from "../tables.ts";
import type { AttemptOutcome } from "../task-store.ts";
import type { TaskChange } from "./move-task.ts";
import { firstHopOf } from "./task-rows.ts";

/** What a second hop fails with, at its source, where the relay no longer has what the first one brought. */
const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_UNKNOWN", "SOURCE_MOVED"]);
/** First hops of one task; a relay that loses more is not trusted with another. */
const MOST_TIMES = 3;

/**
 * What becomes of a task between its hops: a first one that succeeded leads to the second, and a second one that finds nothing at the relay back to the first. Whoever is next
 * is not the agent that had it, and begins with the first attempt. Undefined where the outcome is the task's own.
 */
export function turnOf(row: TaskRow, outcome: AttemptOutcome): TaskChange | undefined {
  const next = { agent: null, attempts: 0, failure: null } as const;
  const before = firstHopOf(row.first_hop);
  if (row.leg === "first" && outcome.state === "succeeded") {
    const path = row.path === null ? undefined : (JSON.parse(row.path) as TaskPath);
    const first: FirstHop = { agent: row.agent ?? "", placement: row.placement ?? "", path, times: (before?.times ?? 0) + 1 };
    return { ...next, at_relay: 1, first_hop: JSON.stringify(first) };
  }
  const lost = row.leg === "second" && outcome.state === "failed" && outcome.failure.side === "source" && LOST.has(outcome.failure.code);
  return lost && (before?.times ?? 0) < MOST_TIMES ? { ...next, at_relay: 0 } : undefined;
}
