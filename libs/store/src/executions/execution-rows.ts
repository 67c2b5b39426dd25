import {
  type BlobSums,
  EXECUTION_TRANSITIONS,
  type Execution,
  type ExecutionState,
  type ExecutionSummary,
  isFinal,
  NO_BLOBS,
} from "@transship/model";
import type { Tx } from "../database.ts";
import { failureOf } from "../failure-text.ts";
import { notFound } from "../not-found.ts";
import type { ExecutionRow, ExecutionSumRow } from "../tables.ts";

/** States in which an execution is unfinished. */
export const UNFINISHED_STATES = (Object.keys(EXECUTION_TRANSITIONS) as ExecutionState[]).filter(
  (state) => !isFinal(EXECUTION_TRANSITIONS, state),
);

/** A stored execution. */
export function executionOf(row: ExecutionRow): Execution {
  return {
    id: row.id,
    rule: row.rule,
    trigger: row.trigger_kind,
    state: row.state,
    retryOf: row.retry_of ?? undefined,
    plan: row.plan_id ?? undefined,
    scoped: row.scoped === 1,
    hops: row.hops,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    unchanged: row.unchanged,
    repositories: row.repositories,
    deleted: row.deleted,
    conflicts: row.conflicts,
    settle: row.settle === 1,
    failure: failureOf(row.failure),
  };
}

/** A stored execution with the sums of its tasks, of which there is one row a state, and of their blobs. */
export function summaryOf(row: ExecutionRow, sums: readonly ExecutionSumRow[], blobs: BlobSums = NO_BLOBS): ExecutionSummary {
  const add = (pick: (sum: ExecutionSumRow) => number) => sums.reduce((total, sum) => total + pick(sum), 0);
  const tasksIn = (...states: readonly string[]) => add((sum) => (states.includes(sum.state) ? sum.tasks : 0));
  return {
    ...executionOf(row),
    tasks: {
      total: add((sum) => sum.tasks),
      succeeded: tasksIn("succeeded"),
      failed: tasksIn("failed"),
      skipped: tasksIn("skipped"),
      cancelled: tasksIn("cancelled"),
      running: tasksIn("leased", "copying", "verifying"),
      retrying: tasksIn("retrying"),
    },
    bytes: {
      copied: add((sum) => sum.copied),
      mounted: add((sum) => sum.mounted),
      existing: add((sum) => sum.existing),
      resumed: add((sum) => sum.resumed),
      wasted: add((sum) => sum.wasted),
    },
    totalBytes: add((sum) => sum.total_bytes),
    doneBytes: add((sum) => sum.done_bytes),
    fetchedBytes: add((sum) => sum.fetched_bytes),
    blobs,
  };
}

/** One row. @throws TransshipError `NOT_FOUND`. */
export async function executionRow(tx: Tx, id: string): Promise<ExecutionRow> {
  const row = await tx.selectFrom("executions").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw notFound("execution", id);
  return row;
}

/** Unfinished executions of a rule, or of all rules, oldest first. */
export function unfinishedOf(tx: Tx, rule: string | undefined): Promise<ExecutionRow[]> {
  let query = tx.selectFrom("executions").selectAll().where("state", "in", UNFINISHED_STATES);
  if (rule !== undefined) query = query.where("rule", "=", rule);
  return query.orderBy("seq").execute();
}
