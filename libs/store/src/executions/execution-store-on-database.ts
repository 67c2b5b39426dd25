import { EXECUTION_TRANSITIONS, type Execution, type ExecutionSummary, isFinal } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { postEvent } from "../deliveries/post-event.ts";
import type { ExecutionStore, TellEnd } from "../execution-store.ts";
import { notFound } from "../not-found.ts";
import type { Page } from "../store.ts";
import { LISTED_COLUMNS, taskOf } from "../tasks/task-rows.ts";
import { noteEdgeEnd } from "../topology/edge-end.ts";
import { blobSumsOfExecutions } from "./blob-sums.ts";
import { executionOf, executionRow, summaryOf, unfinishedOf } from "./execution-rows.ts";
import { sumsOf } from "./execution-sums.ts";
import { endedOf, forget, nextToForget } from "./history.ts";
import { moveExecution } from "./move-execution.ts";
import { openExecution } from "./open-execution.ts";
import { scopeOf } from "./scope-rows.ts";

/** Executions on a database. */
export function executionStore({ transact }: Database): ExecutionStore {
  return {
    open: (request, now) => transact((tx) => openExecution(tx, request, now.toISOString())),
    scope: (id) => transact((tx) => scopeOf(tx, id)),
    advance: (id, to, now, failure, tell) =>
      transact(async (tx) => {
        const row = await moveExecution(tx, id, to, now.toISOString(), failure);
        if (isFinal(EXECUTION_TRANSITIONS, to)) await noteEdgeEnd(tx, row, to, now);
        if (tell !== undefined && isFinal(EXECUTION_TRANSITIONS, to)) await tellEnd(tx, id, tell, now.toISOString());
        return executionOf(row);
      }),
    planned: (id, found) => transact((tx) => planned(tx, id, found)),
    get: (id) => transact((tx) => get(tx, id)),
    list: (filter, page) => transact((tx) => list(tx, filter, page)),
    unfinished: () => transact(async (tx) => (await unfinishedOf(tx, undefined)).map(executionOf)),
    ended: (rule, limit) => transact((tx) => endedOf(tx, rule, limit)),
    nextToForget: ({ keep, before }) => transact((tx) => nextToForget(tx, keep, before.toISOString())),
    forget: (id, tasks) => transact((tx) => forget(tx, id, tasks)),
    nextQueued: (rule) => transact((tx) => nextQueued(tx, rule)),
  };
}

/** Failed tasks that an event is made from, at most. */
const TOLD_FAILURES = 20;

async function tellEnd(tx: Tx, id: string, tell: TellEnd, now: string): Promise<void> {
  const failed = await tx
    .selectFrom("tasks")
    .select(LISTED_COLUMNS)
    .where("execution_id", "=", id)
    .where("state", "=", "failed")
    .orderBy("seq")
    .limit(TOLD_FAILURES)
    .execute();
  const event = tell(await get(tx, id), failed.map(taskOf));
  if (event !== undefined) await postEvent(tx, event, now);
}

async function planned(tx: Tx, id: string, found: Parameters<ExecutionStore["planned"]>[1]): Promise<void> {
  const { unchanged, repositories, conflicts = 0 } = found;
  const set = await tx
    .updateTable("executions")
    .set({ unchanged, repositories, conflicts })
    .where("id", "=", id)
    .returning("id")
    .executeTakeFirst();
  if (set === undefined) throw notFound("execution", id);
}

async function get(tx: Tx, id: string): Promise<ExecutionSummary> {
  const row = await executionRow(tx, id);
  return summaryOf(row, (await sumsOf(tx, [id])).get(id) ?? [], (await blobSumsOfExecutions(tx, [id])).get(id));
}

async function list(tx: Tx, filter: Parameters<ExecutionStore["list"]>[0], page: Page): Promise<ExecutionSummary[]> {
  let query = tx.selectFrom("executions").selectAll();
  if (filter.rule !== undefined) query = query.where("rule", "=", filter.rule);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (page.after !== undefined) query = query.where("seq", "<", (await executionRow(tx, page.after)).seq);
  const rows = await query.orderBy("seq", "desc").limit(page.limit).execute();
  const ids = rows.map((row) => row.id);
  const sums = await sumsOf(tx, ids);
  const blobs = await blobSumsOfExecutions(tx, ids);
  return rows.map((row) => summaryOf(row, sums.get(row.id) ?? [], blobs.get(row.id)));
}

async function nextQueued(tx: Tx, rule: string): Promise<Execution | undefined> {
  const [oldest] = await unfinishedOf(tx, rule);
  return oldest?.state === "queued" ? executionOf(oldest) : undefined;
}
